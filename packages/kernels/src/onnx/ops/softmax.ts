// Softmax, its logarithm, and the cross-entropy that is read off it.
import { ops } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';

export const softmax: readonly Lowering[] = [
  lowering(ops.softmaxOp, (node, context) =>
    context.graph.addNode('Softmax', context.inputsOf(node), { axis: { int: node.attributes.axis } }),
  ),

  lowering(ops.logSoftmaxOp, (node, context) =>
    context.graph.addNode('LogSoftmax', context.inputsOf(node), { axis: { int: node.attributes.axis } }),
  ),

  lowering(ops.crossEntropyOp, (node, context) => {
    const { graph } = context;
    const [logits, targets] = context.inputsOf(node) as [string, string];
    const lastAxis = { axis: { int: 1 } };
    const column = graph.addNode('Unsqueeze', [targets, context.int64([1])]);
    const picked = graph.addNode(
      'GatherElements',
      [graph.addNode('LogSoftmax', [logits], lastAxis), column],
      lastAxis,
    );
    return graph.addNode('Neg', [graph.addNode('Squeeze', [picked, context.int64([1])])]);
  }),
];
