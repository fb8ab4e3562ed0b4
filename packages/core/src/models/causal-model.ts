// An autoregressive model that runs: several sequences at once, each in a lane of its own with its own KV cache.
import { UsageError } from '../errors.js';
import { slotInputs } from '../ops/lane-attention.js';
import type { Backend } from '../tensor/backend.js';
import { int32, type Matrix } from '../tensor/values.js';
import { askedInput, askedPlaces, spread } from './asked-rows.js';
import { cacheOf } from './cache-slots.js';
import type { CausalArchitecture } from './family.js';
import type { ModelPart } from './part.js';
import type { RunningModel } from './running-model.js';

/** Tokens that follow those already in a lane. */
export interface LaneRead {
  readonly lane: number;
  /** Not empty. */
  readonly ids: Int32Array;
  /** Those of the tokens, ascending, whose hidden states are asked for. @default all */
  readonly rows?: readonly number[] | undefined;
}

/**
 * A frozen autoregressive model that owns the KV caches of its lanes, which are numbered from 0 and empty at first.
 * Returned matrices hold until the model's next call, or for good where passes may be made at the same time.
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
  /** Most passes at the same time, of other lanes each. @default 1 */
  readonly passesAtOnce?: number;
  /**
   * One pass for all reads, each of another lane. Hidden states after the final norm, those of each read in order,
   * [tokens of all reads, hiddenSize]; what is there for rows that are not asked for means nothing. A pass that fails or is interrupted leaves its lanes at the lengths before it.
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

/**
 * Compiles the decode program: the ids of several reads, packed [1, time] → hidden [1, time, hiddenSize]. The memory of the
 * KV caches, 2 × layers × kvHeads × headSize × capacity numbers for each lane, is allocated once.
 */
export async function createCausalModel(
  backend: Backend,
  { architecture, weights, program }: ModelPart<CausalArchitecture>,
): Promise<CausalModel & RunningModel> {
  const { hiddenSize, vocabularySize, maxLength } = architecture.sizes;
  const { capacity, lanes } = cacheOf(program);
  const executable = await backend.compile(program, weights);
  const lengths = new Array<number>(lanes).fill(0);
  const held = lengths.map(() => new Int32Array(capacity));
  const lengthOf = (lane: number): number => {
    const length = lengths[lane];
    if (length === undefined) throw new RangeError(`there is no lane ${lane}: the model has ${lanes}`);
    return length;
  };
  const checkPrefix = (what: string, lane: number, length: number): void => {
    if (!Number.isInteger(length) || length < 0 || length > lengthOf(lane))
      throw new RangeError(`cannot ${what} ${length} tokens of lane ${lane}: it holds ${lengthOf(lane)}`);
  };
  return {
    lanes,
    capacity,
    cacheBytes: executable.stateBytes,
    hiddenSize,
    vocabularySize,
    passesAtOnce: executable.runsAtOnce,
    length: lengthOf,
    ids: (lane) => held[lane]!.subarray(0, lengthOf(lane)),
    async extend(reads) {
      if (reads.length === 0) throw new RangeError('extend needs at least one read');
      if (new Set(reads.map(({ lane }) => lane)).size < reads.length)
        throw new RangeError('a lane can be read once in a pass');
      const after = reads.map(({ lane, ids }) => {
        if (ids.length === 0)
          throw new RangeError(`extend needs at least one token, and lane ${lane} has none`);
        const length = lengthOf(lane) + ids.length;
        if (length > capacity) throw tooLong(length, { capacity, longest: maxLength });
        return length;
      });
      const ids = concatenated(reads.map((read) => read.ids));
      const slots = reads.map((read) => ({
        lane: read.lane,
        rowCount: read.ids.length,
        pastLength: lengthOf(read.lane),
      }));
      const positions = slots.map(({ rowCount, pastLength }) =>
        Int32Array.from({ length: rowCount }, (_, i) => pastLength + i),
      );
      const asked = askedPlaces(reads.map((read) => ({ count: read.ids.length, asked: read.rows })));
      const { hidden } = await executable.run({
        ids: int32(ids, [1, ids.length]),
        positions: int32(concatenated(positions)),
        [askedInput]: int32(asked),
        ...slotInputs(slots),
      });
      reads.forEach((read, i) => {
        held[read.lane]!.set(read.ids, lengths[read.lane]);
        lengths[read.lane] = after[i]!;
      });
      const rows = { rows: asked.length, columns: hiddenSize, data: hidden!.data as Float32Array };
      return spread(ids.length, rows, asked);
    },
    truncate(lane, length) {
      checkPrefix('keep', lane, length);
      lengths[lane] = length;
    },
    async copy(from, to, length) {
      checkPrefix('copy', from, length);
      lengthOf(to);
      const ids = held[from]!.slice(0, length);
      // What is being written over is no beginning of another sequence, and what is copied may change meanwhile.
      lengths[to] = 0;
      if (from !== to) await executable.copyLane(from, to, length);
      held[to]!.set(ids);
      lengths[to] = length;
    },
    interrupt: () => executable.interrupt(),
    dispose: () => executable.dispose(),
  };
}

function concatenated(parts: readonly Int32Array[]): Int32Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Int32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function tooLong(length: number, facts: { readonly capacity: number; readonly longest: number }): UsageError {
  const { capacity, longest } = facts;
  return new UsageError(
    'context-too-long',
    `Cannot read ${length} tokens: the AR model's KV cache holds ${capacity}.`,
    {
      try:
        capacity < longest
          ? `Give a shorter text, or a longer context than ${capacity}; the model was made for ${longest}.`
          : 'Give a shorter text, or use a model of a longer context.',
      facts,
    },
  );
}
