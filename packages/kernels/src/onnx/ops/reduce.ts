// Reductions over axes.
import { type Op, ops } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';

function reduction(op: Op<ops.ReduceAttributes>, opType: string): Lowering {
  return lowering(op, (node, context) => {
    const { axes, keepDims } = node.attributes;
    // Without axes ONNX would reduce all of them, unless told that no axes means no reduction.
    const attributes = { keepdims: { int: keepDims ? 1 : 0 }, noop_with_empty_axes: { int: 1 } };
    return context.graph.addNode(opType, [...context.inputsOf(node), context.int64(axes)], attributes);
  });
}

export const reduce: readonly Lowering[] = [
  reduction(ops.sumOp, 'ReduceSum'),
  reduction(ops.meanOp, 'ReduceMean'),
];
