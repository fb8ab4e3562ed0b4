// A backbone before it runs: what its family says, its tensors, and its forward pass, traced once. What is estimated,
// checked, quantised and compiled reads the same program.
import type { WeightSource } from '../tensor/backend.js';
import { input } from '../tensor/leaves.js';
import { type Program, trace } from '../tensor/program.js';
import { ofAskedRows } from './asked-rows.js';
import { type CacheForm, cacheSlots } from './cache-slots.js';
import type { Architecture } from './family.js';
import { packedSequences } from './packed-sequences.js';
import { Weights } from './weights.js';

export interface ModelPart<A extends Architecture = Architecture> {
  readonly architecture: A;
  /** Its tensors by the names that its family knows. */
  readonly weights: WeightSource;
  /**
   * ids [1, time] of several sequences, and which of their rows are asked for → hidden [1, asked, hiddenSize]. It also takes whose they are: see CacheSlots for an AR
   * model, PackedSequences for an MLM.
   */
  readonly program: Program;
}

/** The KV caches of an AR model: 1 lane, as many tokens as the model was made for, and float32 by default. */
export type CacheOptions = Partial<CacheForm>;

/** @throws DataError when a tensor is missing or has another shape */
export function tracePart<A extends Architecture>(
  architecture: A,
  weights: WeightSource,
  { capacity = architecture.sizes.maxLength, lanes = 1, storage = 'float32' }: CacheOptions = {},
): ModelPart<A> {
  const tensors = new Weights(weights, architecture.tensorNames);
  const ids = input('ids', [1, 'time'], 'int32');
  const hidden =
    architecture.kind === 'causal'
      ? architecture.forward(tensors, ids, cacheSlots(architecture.sizes, { capacity, lanes, storage }))
      : architecture.forward(tensors, ids, packedSequences());
  return { architecture, weights, program: trace({ hidden: ofAskedRows(hidden) }) };
}
