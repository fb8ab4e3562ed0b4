// The linear layer. The one place that decides how a weight matrix is multiplied.
import { ops } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import { multiplyQuantized } from './quantized.js';

export const linear: readonly Lowering[] = [
  // Gemm reads W as it is stored, [out, in]. It packs float32 matrices when the session loads and gives the original
  // back, so that they are in memory once. It takes matrices only.
  lowering(ops.linearOp, (node, context) => {
    const [x, w, b] = node.inputs;
    const quantized = multiplyQuantized({ x: x!, matrix: w!, axis: 1, bias: b }, context);
    if (quantized !== undefined) return quantized;
    const inputs = [context.rows(x!), context.value(w!), ...(b ? [context.value(b)] : [])];
    return { rows: context.graph.addNode('Gemm', inputs, { transB: { int: 1 } }) };
  }),
];
