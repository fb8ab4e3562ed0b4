// A product of matrices that is added to a third: one Gemm, which adds in place where its result is the same memory.
import { ops } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';

export const matmulAdd: readonly Lowering[] = [
  lowering(ops.matmulAddOp, (node, context) => {
    const { transposeA, transposeB } = node.attributes;
    return context.graph.addNode('Gemm', context.inputsOf(node), {
      transA: { int: transposeA ? 1 : 0 },
      transB: { int: transposeB ? 1 : 0 },
    });
  }),
];
