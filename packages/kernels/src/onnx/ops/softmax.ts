// Softmax, and the cross-entropy that is read off its logarithm.
import { ops } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';

export const softmax: readonly Lowering[] = [
  lowering(ops.softmaxOp, (node, context) =>
    context.graph.addNode('Softmax', context.inputsOf(node), { axis: { int: node.attributes.axis } }),
  ),

  lowering(ops.crossEntropyOp, (node, context) => {
    const { graph } = context;
    const [logits, targets] = context.inputsOf(node) as [string, string];
    const lastAxis = { axis: { int: 1 } };
    const picked = graph.addNode(
      'GatherElements',
      [logSoftmaxOfRows(logits, context), column(targets, context)],
      lastAxis,
    );
    return graph.addNode('Neg', [graph.addNode('Squeeze', [picked, context.int64([1])])]);
  }),

  // From the logarithm that the loss needs too; the rest happens in the memory of one [n, V].
  lowering(ops.softmaxErrorOp, (node, context) => {
    const { graph } = context;
    const [logits, targets] = context.inputsOf(node) as [string, string];
    const probabilities = graph.addNode('Exp', [logSoftmaxOfRows(logits, context)]);
    const at = column(targets, context);
    const minusOne = graph.addNode('Expand', [context.float32([-1], [1, 1]), graph.addNode('Shape', [at])]);
    return graph.addNode('ScatterElements', [probabilities, at, minusOne], {
      axis: { int: 1 },
      reduction: { string: 'add' },
    });
  }),
];

function logSoftmaxOfRows(logits: string, context: LoweringContext): string {
  return context.shared(`log softmax of rows ${logits}`, () =>
    context.graph.addNode('LogSoftmax', [logits], { axis: { int: 1 } }),
  );
}

/** [n] as [n, 1] */
function column(x: string, context: LoweringContext): string {
  return context.shared(`column ${x}`, () => context.graph.addNode('Unsqueeze', [x, context.int64([1])]));
}
