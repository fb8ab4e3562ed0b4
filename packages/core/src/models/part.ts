// A backbone before it runs: what its family says, its tensors, and its forward pass, traced once. What is estimated,
// checked, quantised and compiled reads the same program.
import type { WeightSource } from '../tensor/backend.js';
import type { StateStorage } from '../tensor/dtype.js';
import { input } from '../tensor/leaves.js';
import { type Program, trace } from '../tensor/program.js';
import { cacheSlots } from './cache-slots.js';
import type { Architecture } from './family.js';
import { Weights } from './weights.js';

export interface ModelPart<A extends Architecture = Architecture> {
  readonly architecture: A;
  /** Its tensors by the names that its family knows. */
  readonly weights: WeightSource;
  /** ids [1, time] → hidden [1, time, hiddenSize]; an AR model's also takes `pastLength`, the tokens in its KV cache. */
  readonly program: Program;
}

/** The KV cache of an AR model. */
export interface CacheOptions {
  /** Most tokens that it holds. @default as many as the model was made for */
  readonly capacity?: number;
  /** How it is held. @default 'float32' */
  readonly storage?: StateStorage;
}

/** @throws DataError when a tensor is missing or has another shape */
export function tracePart<A extends Architecture>(
  architecture: A,
  weights: WeightSource,
  { capacity = architecture.sizes.maxLength, storage }: CacheOptions = {},
): ModelPart<A> {
  const tensors = new Weights(weights, architecture.tensorNames);
  const ids = input('ids', [1, 'time'], 'int32');
  const hidden =
    architecture.kind === 'causal'
      ? architecture.forward(tensors, ids, cacheSlots(architecture.sizes, capacity, storage))
      : architecture.forward(tensors, ids);
  return { architecture, weights, program: trace({ hidden }) };
}
