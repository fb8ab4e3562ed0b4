// Ops that move elements, and range, which makes positions.
import { ops } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';

export const shape: readonly Lowering[] = [
  lowering(ops.reshapeOp, (node, context) =>
    context.reshape(context.inputsOf(node)[0]!, node.attributes.shape),
  ),

  lowering(ops.transposeOp, (node, context) =>
    context.graph.addNode('Transpose', context.inputsOf(node), {
      perm: { ints: node.attributes.permutation },
    }),
  ),

  lowering(ops.sliceOp, (node, context) => {
    const { axis, start, end } = node.attributes;
    const range = [[start], [end], [axis]].map((values) => context.int64(values));
    return context.graph.addNode('Slice', [...context.inputsOf(node), ...range]);
  }),

  lowering(ops.padOp, (node, context) => {
    const { axis, before, after } = node.attributes;
    const pads = context.int64([before, after]);
    return context.graph.addNode('Pad', [...context.inputsOf(node), pads, '', context.int64([axis])]);
  }),

  lowering(ops.concatOp, (node, context) =>
    context.graph.addNode('Concat', context.inputsOf(node), { axis: { int: node.attributes.axis } }),
  ),

  lowering(ops.broadcastToOp, (node, context) => {
    const from = node.inputs[0]!.shape;
    const missing = node.shape.length - from.length;
    // Expand keeps the input's length where the target says 1, so that fewer lengths have to be looked up.
    const target = node.shape.map((dim, axis) => (dim === from[axis - missing] ? 1 : dim));
    return context.graph.addNode('Expand', [...context.inputsOf(node), context.shape(target)]);
  }),

  lowering(ops.rangeOp, (node, context) =>
    context.lengthNode('Range', [
      context.int32([0], []),
      context.dimAsInt32(node.attributes.length),
      context.int32([1], []),
    ]),
  ),
];
