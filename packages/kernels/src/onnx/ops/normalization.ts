// Layer norm and RMS norm. Both kernels want a scale; where the model has none, it is a vector of ones.
import { ops, type Tensor } from '@maria/core';
import type { Lowered } from '../lowered-graph.js';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';

function normalize(opType: string, node: Tensor, parameters: Parameters, context: LoweringContext): Lowered {
  const { epsilon, hasScale, hasBias } = parameters;
  return context.rowwise(node, ([x, ...given]) => {
    const scale = hasScale ? given[0]! : ones(node, context);
    const inputs = [x!, scale, ...(hasBias ? [given.at(-1)!] : [])];
    return context.graph.addNode(opType, inputs, { axis: { int: -1 }, epsilon: { float: epsilon } });
  });
}

interface Parameters {
  readonly epsilon: number;
  readonly hasScale: boolean;
  readonly hasBias: boolean;
}

/** A vector of ones as long as the last axis. */
function ones(node: Tensor, context: LoweringContext): string {
  const width = node.shape.at(-1)!;
  return context.shared(`ones ${width}`, () =>
    context.graph.addNode('Expand', [context.float32([1]), context.dim(width)]),
  );
}

export const normalization: readonly Lowering[] = [
  lowering(ops.layerNormOp, (node, context) =>
    normalize('LayerNormalization', node, node.attributes, context),
  ),

  lowering(ops.rmsNormOp, (node, context) => {
    const { epsilon } = node.attributes;
    const parameters = { epsilon, hasScale: node.inputs.length > 1, hasBias: false };
    return normalize('RMSNormalization', node, parameters, context);
  }),
];
