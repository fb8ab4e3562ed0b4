// Activations, each as one fused kernel.
import { ops } from '@maria/core';
import { microsoft } from '../graph.js';
import { type Lowering, lowering } from '../lowering.js';

export const activations: readonly Lowering[] = [
  lowering(ops.reluOp, (node, context) => context.graph.addNode('Relu', context.inputsOf(node))),

  lowering(ops.geluOp, (node, context) =>
    context.graph.addNode('Gelu', context.inputsOf(node), {
      approximate: { string: node.attributes.approximate },
    }),
  ),

  // QuickGelu is x sigmoid(alpha x).
  lowering(ops.siluOp, (node, context) =>
    context.graph.addNode('QuickGelu', context.inputsOf(node), { alpha: { float: 1 } }, microsoft),
  ),
];
