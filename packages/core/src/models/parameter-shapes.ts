// The tensors that a config asks for, without a checkpoint: for estimates, and to make weights of a real shape.
import { input, weight } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Architecture } from './family.js';
import { Weights } from './weights.js';

class RecordingWeights extends Weights {
  readonly shapes = new Map<string, readonly number[]>();

  constructor() {
    super({ get: () => undefined, names: () => [], read: () => new Float32Array(0) });
  }

  override get(name: string, shape: readonly number[]): Tensor {
    this.shapes.set(name, shape);
    return weight(name, shape);
  }
}

/** Name (without the base model's prefix) → shape of every tensor that computes hidden states. */
export function forwardShapes(architecture: Architecture): Map<string, readonly number[]> {
  const weights = new RecordingWeights();
  architecture.forward(weights, input('ids', [1, 'time'], 'int32'));
  return weights.shapes;
}

/** As `forwardShapes`, with the output embedding; tied ones once. */
export function parameterShapes(architecture: Architecture): ReadonlyMap<string, readonly number[]> {
  const shapes = forwardShapes(architecture);
  const { outputEmbedding, sizes } = architecture;
  shapes.set(outputEmbedding.weight, [sizes.vocabularySize, sizes.hiddenSize]);
  if (outputEmbedding.bias) shapes.set(outputEmbedding.bias, [sizes.vocabularySize]);
  return shapes;
}
