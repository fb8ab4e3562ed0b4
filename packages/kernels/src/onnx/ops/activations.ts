// Activations, each as one fused kernel.
import { ops } from '@maria/core';
import { microsoft } from '../graph.js';
import { type Lowering, lowering } from '../lowering.js';

export const activations: readonly Lowering[] = [
  lowering(ops.reluOp, (node, context) =>
    context.rowwise(node, (inputs) => context.graph.addNode('Relu', inputs)),
  ),

  lowering(ops.geluOp, (node, context) =>
    context.rowwise(node, (inputs) =>
      context.graph.addNode('Gelu', inputs, { approximate: { string: node.attributes.approximate } }),
    ),
  ),

  // QuickGelu is x sigmoid(alpha x).
  lowering(ops.siluOp, (node, context) =>
    context.rowwise(node, (inputs) =>
      context.graph.addNode('QuickGelu', inputs, { alpha: { float: 1 } }, microsoft),
    ),
  ),
];
