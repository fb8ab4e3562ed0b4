// Softmax, and the cross-entropy that is read off its logarithm.
import { ops, type Tensor } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';

export const softmax: readonly Lowering[] = [
  lowering(ops.softmaxOp, (node, context) =>
    context.graph.addNode('Softmax', context.inputsOf(node), { axis: { int: node.attributes.axis } }),
  ),

  // Part by part: nothing but the logits themselves is as large as all of them.
  lowering(ops.logSumExpOp, (node, context) => {
    const { graph } = context;
    const parts = context.inputsOf(node);
    const axes = context.int64([node.attributes.axis]);
    const max = joined(
      'Max',
      parts.map((part) => graph.addNode('ReduceMax', [part, axes])),
      context,
    );
    const sums = parts.map((part) =>
      graph.addNode('ReduceSum', [graph.addNode('Exp', [graph.addNode('Sub', [part, max])]), axes]),
    );
    return graph.addNode('Squeeze', [
      graph.addNode('Add', [graph.addNode('Log', [joined('Sum', sums, context)]), max]),
      axes,
    ]);
  }),

  lowering(ops.crossEntropyOp, (node, context) => {
    const { graph } = context;
    const { axis } = node.attributes;
    const [normalizer, targets, ...parts] = node.inputs as [Tensor, Tensor, ...Tensor[]];
    let firstClass = 0;
    const picked = parts.map((part) => {
      const classes = { axis, firstClass, count: Number(part.shape[axis]) };
      firstClass += classes.count;
      const pick = (at: string) =>
        graph.addNode('GatherElements', [context.value(part), at], { axis: { int: axis } });
      if (parts.length === 1) return pick(overClasses(targets, axis, context));
      const { at, isHere } = targetsAmong(targets, classes, context);
      return graph.addNode('Where', [isHere, pick(at), context.float32([0], [])]);
    });
    const ofTargets = joined('Sum', picked, context);
    const flat = graph.addNode('Squeeze', [ofTargets, context.int64([axis])]);
    return graph.addNode('Sub', [context.value(normalizer), flat]);
  }),

  // All of it in the memory of the logits.
  lowering(ops.softmaxErrorOp, (node, context) => {
    const { graph } = context;
    const { axis, firstClass } = node.attributes;
    const [logits, normalizer, targets] = node.inputs as [Tensor, Tensor, Tensor];
    const classes = { axis, firstClass, count: Number(logits.shape[axis]) };
    const { at, isHere } = targetsAmong(targets, classes, context);
    const shifted = graph.addNode('Sub', [context.value(logits), overClasses(normalizer, axis, context)]);
    const less = graph.addNode('Where', [isHere, context.float32([-1], []), context.float32([0], [])]);
    return graph.addNode('ScatterElements', [graph.addNode('Exp', [shifted]), at, less], {
      axis: { int: axis },
      reduction: { string: 'add' },
    });
  }),
];

/** One value of several. A device takes two at a time: that of WebGPU has no kernel for sums of more. */
function joined(
  opType: 'Max' | 'Sum',
  values: readonly string[],
  { graph, device }: LoweringContext,
): string {
  if (values.length === 1) return values[0]!;
  if (!device) return graph.addNode(opType, [...values]);
  const ofTwo = opType === 'Sum' ? 'Add' : opType;
  return values.reduce((a, b) => graph.addNode(ofTwo, [a, b]));
}

interface Classes extends ops.ClassAxis {
  readonly firstClass: number;
  readonly count: number;
}

/** Where the targets are among these classes, and whether they are: of others it is some class. */
function targetsAmong(
  targets: Tensor,
  { axis, firstClass, count }: Classes,
  context: LoweringContext,
): { readonly at: string; readonly isHere: string } {
  const { graph } = context;
  const all = overClasses(targets, axis, context);
  return context.shared(`targets ${all} among ${firstClass} + ${count}`, () => {
    const offset = graph.addNode('Sub', [all, context.int32([firstClass], [])]);
    const [first, last] = [context.int32([0], []), context.int32([count - 1], [])];
    // Not every device bounds integers.
    const at = context.device
      ? graph.addNode('Min', [graph.addNode('Max', [offset, first]), last])
      : graph.addNode('Clip', [offset, first, last]);
    return { at, isHere: graph.addNode('Equal', [offset, at]) };
  });
}

/** [n] with the axis of the classes. */
function overClasses(x: Tensor, axis: number, context: LoweringContext): string {
  const name = context.value(x);
  return context.shared(`${name} over axis ${axis}`, () =>
    context.graph.addNode('Unsqueeze', [name, context.int64([axis])]),
  );
}
