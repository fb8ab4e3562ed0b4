// The linear layer. The one place that decides how a weight matrix is multiplied.
import { ops, productOfShape } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import { multiplyQuantized } from './quantized.js';

export const linear: readonly Lowering[] = [
  // Gemm reads W as it is stored, [out, in]. It packs float32 matrices when the session loads and gives the original
  // back, so that they are in memory once. It takes matrices only; reshaping costs a microsecond and no copy.
  lowering(ops.linearOp, (node, context) => {
    const [x, w, b] = node.inputs;
    const quantized = multiplyQuantized(
      { x: context.value(x!), shape: x!.shape, matrix: w!, axis: 1, bias: b && context.value(b) },
      context,
    );
    if (quantized !== undefined) return quantized;
    const isMatrix = x!.shape.length === 2;
    const rows = isMatrix
      ? context.value(x!)
      : context.reshape(context.value(x!), [productOfShape(x!.shape.slice(0, -1)), x!.shape.at(-1)!]);
    const inputs = [rows, context.value(w!), ...(b ? [context.value(b)] : [])];
    const y = context.graph.addNode('Gemm', inputs, { transB: { int: 1 } });
    return isMatrix ? y : context.reshape(y, node.shape);
  }),
];
