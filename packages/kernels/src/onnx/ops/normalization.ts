// Layer norm and RMS norm. Both kernels want a scale; where the model has none, it is a vector of ones.
import { ops, type Tensor } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';

function normalize(
  opType: string,
  node: Tensor,
  epsilon: number,
  context: LoweringContext,
  scale?: string,
  bias?: string,
) {
  const inputs = [
    context.value(node.inputs[0]!),
    scale ?? ones(node, context),
    ...(bias === undefined ? [] : [bias]),
  ];
  return context.graph.addNode(opType, inputs, { axis: { int: -1 }, epsilon: { float: epsilon } });
}

/** A vector of ones as long as the last axis. */
function ones(node: Tensor, context: LoweringContext): string {
  const width = node.shape.at(-1)!;
  return context.shared(`ones ${width}`, () =>
    context.graph.addNode('Expand', [context.float32([1]), context.dim(width)]),
  );
}

export const normalization: readonly Lowering[] = [
  lowering(ops.layerNormOp, (node, context) => {
    const { epsilon, hasScale, hasBias } = node.attributes;
    const parameters = node.inputs.slice(1).map((tensor) => context.value(tensor));
    const scale = hasScale ? parameters[0] : undefined;
    const bias = hasBias ? parameters.at(-1) : undefined;
    return normalize('LayerNormalization', node, epsilon, context, scale, bias);
  }),

  lowering(ops.rmsNormOp, (node, context) => {
    const [, scale] = node.inputs;
    return normalize(
      'RMSNormalization',
      node,
      node.attributes.epsilon,
      context,
      scale && context.value(scale),
    );
  }),
];
