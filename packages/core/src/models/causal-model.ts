// An autoregressive model that runs: several sequences at once, each in a lane of its own with its own KV cache.
import { UsageError } from '../errors.js';
import type { Backend } from '../tensor/backend.js';
import { int32, type Matrix } from '../tensor/values.js';
import { cacheOf } from './cache-slots.js';
import type { CausalArchitecture } from './family.js';
import type { ModelPart } from './part.js';
import type { RunningModel } from './running-model.js';

/** Tokens that follow those already in a lane. */
export interface LaneRead {
  readonly lane: number;
  /** Not empty. */
  readonly ids: Int32Array;
}

/**
 * A frozen autoregressive model that owns the KV caches of its lanes, which are numbered from 0 and empty at first.
 * Returned matrices hold until the model's next call.
 */
export interface CausalModel {
  readonly lanes: number;
  /** Most tokens that a lane holds. */
  readonly capacity: number;
  /** Memory of the caches of all lanes, allocated once. */
  readonly cacheBytes: number;
  readonly hiddenSize: number;
  /** Rows of the embedding table: every id must be below. */
  readonly vocabularySize: number;
  /**
   * One pass for all reads, each of another lane. Hidden states after the final norm, those of each read in order,
   * [tokens of all reads, hiddenSize]. A pass that fails or is interrupted leaves its lanes at the lengths before it.
   */
  extend(reads: readonly LaneRead[]): Promise<Matrix>;
  /** Forgets what a lane holds beyond `length` tokens. O(1). */
  truncate(lane: number, length: number): void;
  /** Makes the lane `to` hold the first `length` tokens of the lane `from`, without reading them again. */
  copy(from: number, to: number, length: number): Promise<void>;
  /** Tokens that a lane holds. */
  length(lane: number): number;
  /** The same, one by one. A view until the lane is read or cut. */
  ids(lane: number): Int32Array;
}

/** One lane as a sequence alone. */
export interface Lane {
  readonly capacity: number;
  readonly length: number;
  extend(ids: Int32Array): Promise<Matrix>;
  truncate(length: number): void;
}

export function laneOf(model: CausalModel, lane: number): Lane {
  return {
    capacity: model.capacity,
    get length() {
      return model.length(lane);
    },
    extend: (ids) => model.extend([{ lane, ids }]),
    truncate: (length) => model.truncate(lane, length),
  };
}

export interface CausalModelOptions {
  /** Sequences that are read side by side. @default 1 */
  readonly lanes?: number;
}

/**
 * Compiles the decode program: ids [1, time] after `pastLength` cached tokens → hidden [1, time, hiddenSize]. The memory of the
 * KV cache, 2 × layers × kvHeads × headSize × capacity numbers for each lane, is allocated once.
 */
export async function createCausalModel(
  backend: Backend,
  { architecture, weights, program }: ModelPart<CausalArchitecture>,
  { lanes = 1 }: CausalModelOptions = {},
): Promise<CausalModel & RunningModel> {
  const { hiddenSize, vocabularySize } = architecture.sizes;
  const { capacity } = cacheOf(program);
  const executables = await Promise.all(
    Array.from({ length: lanes }, () => backend.compile(program, weights)),
  );
  const held: Int32Array[] = executables.map(() => new Int32Array());
  const heldBy = (lane: number): Int32Array => {
    const ids = held[lane];
    if (!ids) throw new RangeError(`there is no lane ${lane}: the model has ${lanes}`);
    return ids;
  };
  const checkRead = ({ lane, ids }: LaneRead): void => {
    const length = heldBy(lane).length;
    if (ids.length === 0) throw new RangeError('extend needs at least one token for each lane');
    if (length + ids.length > capacity)
      throw new UsageError(
        'context-too-long',
        `Cannot read ${length + ids.length} tokens: the AR model's KV cache holds ${capacity}.`,
        {
          try:
            capacity < architecture.sizes.maxLength
              ? `Give a shorter text, or a longer context than ${capacity}; the model was made for ${architecture.sizes.maxLength}.`
              : 'Give a shorter text, or use a model of a longer context.',
          facts: { capacity, longest: architecture.sizes.maxLength },
        },
      );
  };
  const model: CausalModel & RunningModel = {
    lanes,
    hiddenSize,
    vocabularySize,
    capacity,
    cacheBytes: executables.reduce((bytes, { stateBytes }) => bytes + stateBytes, 0),
    length: (lane) => heldBy(lane).length,
    ids: heldBy,
    async extend(reads) {
      reads.forEach(checkRead);
      if (new Set(reads.map(({ lane }) => lane)).size < reads.length)
        throw new RangeError('a lane can be read once in a pass');
      const rows = reads.reduce((total, { ids }) => total + ids.length, 0);
      if (rows === 0) throw new RangeError('extend needs at least one read');
      const data = new Float32Array(rows * hiddenSize);
      let at = 0;
      for (const { lane, ids } of reads) {
        const inputs = { ids: int32(ids, [1, ids.length]), pastLength: int32([heldBy(lane).length]) };
        const { hidden } = await executables[lane]!.run(inputs);
        data.set(hidden!.data as Float32Array, at * hiddenSize);
        at += ids.length;
      }
      for (const { lane, ids } of reads) held[lane] = Int32Array.from([...heldBy(lane), ...ids]);
      return { rows, columns: hiddenSize, data };
    },
    truncate(lane, length) {
      const ids = heldBy(lane);
      if (!Number.isInteger(length) || length < 0 || length > ids.length)
        throw new RangeError(`cannot truncate a cache of ${ids.length} tokens to ${length}`);
      held[lane] = ids.subarray(0, length);
    },
    async copy(from, to, length) {
      const ids = heldBy(from);
      heldBy(to);
      if (!Number.isInteger(length) || length < 0 || length > ids.length)
        throw new RangeError(`cannot copy ${length} tokens of a cache of ${ids.length}`);
      if (from === to) return model.truncate(to, length);
      held[to] = new Int32Array();
      if (length > 0) await model.extend([{ lane: to, ids: ids.slice(0, length) }]);
    },
    interrupt: () => {
      for (const executable of executables) executable.interrupt();
    },
    dispose: () => {
      for (const executable of executables) executable.dispose();
    },
  };
  return model;
}
