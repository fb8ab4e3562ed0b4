// An autoregressive model that runs: its program on a backend, with the KV cache that the executable owns.
import { UsageError } from '../errors.js';
import type { Backend } from '../tensor/backend.js';
import { int32, type Matrix } from '../tensor/values.js';
import { cacheOf } from './cache-slots.js';
import type { CausalArchitecture } from './family.js';
import type { ModelPart } from './part.js';
import type { RunningModel } from './running-model.js';

/** A frozen autoregressive model that owns its KV cache. Returned matrices hold until the model's next call. */
export interface CausalModel {
  /** Reads ids after those already in the cache; hidden states after the final norm, [ids.length, hiddenSize]. */
  extend(ids: Int32Array): Promise<Matrix>;
  /** Forgets the cache beyond `length` tokens. O(1). */
  truncate(length: number): void;
  /** Tokens in the cache. */
  readonly length: number;
  /** Most tokens that the cache holds. */
  readonly capacity: number;
  /** Memory of the cache, allocated once. */
  readonly cacheBytes: number;
  readonly hiddenSize: number;
  /** Rows of the embedding table: every id must be below. */
  readonly vocabularySize: number;
}

/**
 * Compiles the decode program: ids [1, time] after `pastLength` cached tokens → hidden [1, time, hiddenSize]. The memory of the
 * KV cache, 2 × layers × kvHeads × headSize × capacity numbers, is allocated once.
 */
export async function createCausalModel(
  backend: Backend,
  { architecture, weights, program }: ModelPart<CausalArchitecture>,
): Promise<CausalModel & RunningModel> {
  const { hiddenSize, vocabularySize } = architecture.sizes;
  const { capacity } = cacheOf(program);
  const executable = await backend.compile(program, weights);
  let length = 0;
  return {
    hiddenSize,
    vocabularySize,
    capacity,
    cacheBytes: executable.stateBytes,
    get length() {
      return length;
    },
    async extend(newIds: Int32Array): Promise<Matrix> {
      if (newIds.length === 0) throw new RangeError('extend needs at least one token');
      if (length + newIds.length > capacity)
        throw new UsageError(
          'context-too-long',
          `Cannot read ${length + newIds.length} tokens: the AR model's KV cache holds ${capacity}.`,
          {
            try:
              capacity < architecture.sizes.maxLength
                ? `Give a shorter text, or a longer context than ${capacity}; the model was made for ${architecture.sizes.maxLength}.`
                : 'Give a shorter text, or use a model of a longer context.',
            facts: { capacity, longest: architecture.sizes.maxLength },
          },
        );
      const outputs = await executable.run({
        ids: int32(newIds, [1, newIds.length]),
        pastLength: int32([length]),
      });
      length += newIds.length;
      return { rows: newIds.length, columns: hiddenSize, data: outputs.hidden!.data as Float32Array };
    },
    truncate(newLength: number): void {
      if (!Number.isInteger(newLength) || newLength < 0 || newLength > length)
        throw new RangeError(`cannot truncate a cache of ${length} tokens to ${newLength}`);
      length = newLength;
    },
    interrupt: () => executable.interrupt(),
    dispose: () => executable.dispose(),
  };
}
