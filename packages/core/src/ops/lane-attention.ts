// laneAttention: appends the new keys and values of several sequences to a KV cache each, and attends over it, causally.
import type { Inputs } from '../tensor/backend.js';
import type { StateStorage } from '../tensor/dtype.js';
import { input, isOp, stateOp } from '../tensor/leaves.js';
import { roundToBfloat16, roundToFloat16 } from '../tensor/rounding.js';
import { formatShape, ShapeError, sameShape } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { int32, type Value } from '../tensor/values.js';
import { attendOneQuery } from './attend-one-query.js';
import { checkHeads } from './attention.js';
import { requireDtype, requireNumber } from './checks.js';

export interface LaneAttentionAttributes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly scale: number;
  readonly window?: number | undefined;
  readonly softcap?: number | undefined;
  /** Of both caches. */
  readonly storage: StateStorage;
}

/** What the sequences of a run are, each int32 [slots]. Their rows are packed one after the other, in this order. */
export interface LaneSlots {
  /** The lane of the cache that each reads. No two of a run read the same. */
  readonly lanes: Tensor;
  /** New rows of each, at least one. */
  readonly rowCounts: Tensor;
  /** Rows that its lane holds before the run. */
  readonly pastLengths: Tensor;
}

/** As inputs of a program, by these names. */
export function laneSlots(): LaneSlots {
  const slots = (name: string) => input(name, ['slots'], 'int32');
  return { lanes: slots('lanes'), rowCounts: slots('rowCounts'), pastLengths: slots('pastLengths') };
}

/** One of the sequences of a run. */
export interface SlotRead {
  /** @default 0 */
  readonly lane?: number;
  readonly rowCount: number;
  readonly pastLength: number;
}

/** Values of those inputs. */
export function slotInputs(reads: readonly SlotRead[]): Inputs {
  const of = (value: (read: SlotRead) => number) => int32(Int32Array.from(reads, value));
  return {
    lanes: of(({ lane = 0 }) => lane),
    rowCounts: of(({ rowCount }) => rowCount),
    pastLengths: of(({ pastLength }) => pastLength),
  };
}

/** Of what a cache holds. */
const rounded: Partial<Record<StateStorage, (x: number) => number>> = {
  float16: roundToFloat16,
  bfloat16: roundToBfloat16,
};

export const laneAttentionOp: Op<LaneAttentionAttributes> = {
  name: 'laneAttention',
  infer: ([q, k, v, keyCache, valueCache, ...slots], { heads, kvHeads, storage }) => {
    requireDtype('laneAttention', 'float32', q, k, v, keyCache, valueCache);
    const headSize = checkHeads('laneAttention', { heads, kvHeads }, q!, k!, v!);
    if (q!.shape[0] !== 1 || k!.shape[1] !== q!.shape[1])
      throw new ShapeError(
        `laneAttention needs batch 1 and as many new keys as queries, got q ${formatShape(q!.shape)} and k ${formatShape(k!.shape)}`,
      );
    const lanes = requireNumber('laneAttention', 'the number of lanes', keyCache!.shape[0]);
    const capacity = requireNumber('laneAttention', 'the capacity of the cache', keyCache!.shape[2]);
    const cacheShape = [lanes, kvHeads, capacity, headSize];
    for (const cache of [keyCache!, valueCache!])
      if (!isOp(cache, stateOp) || !sameShape(cache.shape, cacheShape))
        throw new ShapeError(
          `laneAttention needs caches that are state of shape ${formatShape(cacheShape)}, got ${cache.op.name} ${formatShape(cache.shape)}`,
        );
    for (const cache of [keyCache!, valueCache!])
      if (isOp(cache, stateOp) && cache.attributes.storage !== storage)
        throw new TypeError(
          `laneAttention needs two caches of one storage, got ${storage} and ${cache.attributes.storage}`,
        );
    for (const { dtype, shape } of slots)
      if (dtype !== 'int32' || shape.length !== 1 || shape[0] !== slots[0]!.shape[0])
        throw new ShapeError(
          `laneAttention needs lanes, row counts and past lengths int32 of one length, got ${slots.map((slot) => `${slot.dtype} ${formatShape(slot.shape)}`).join(', ')}`,
        );
    return { shape: q!.shape, dtype: 'float32' };
  },
  evaluate: (
    [q, k, v, keyCache, valueCache, lanes, rowCounts, pastLengths],
    attributes,
    { shape, floats },
  ) => {
    const { heads, kvHeads, scale, window = Infinity, softcap, storage } = attributes;
    const [, time, width] = shape as [number, number, number];
    const [laneCount, , capacity, headSize] = keyCache!.shape as [number, number, number, number];
    const round = rounded[storage];
    const held = ({ data }: Value) => (round ? data.map(round) : data);
    const [newKeys, newValues] = [held(k!), held(v!)];
    const data = floats(q!.data.length);
    let first = 0;
    for (const [slot, lane] of lanes!.data.entries()) {
      const [count, past] = [rowCounts!.data[slot]!, pastLengths!.data[slot]!];
      if (lane < 0 || lane >= laneCount)
        throw new RangeError(`laneAttention: there is no lane ${lane}, the cache has ${laneCount}`);
      if (past < 0 || past + count > capacity)
        throw new RangeError(
          `laneAttention: ${past} past and ${count} new tokens do not fit a cache of ${capacity}`,
        );
      const startOf = (head: number) => (lane * kvHeads + head) * capacity * headSize;
      for (let t = 0; t < count; t++) {
        for (let head = 0; head < kvHeads; head++) {
          const from = ((first + t) * kvHeads + head) * headSize;
          const to = startOf(head) + (past + t) * headSize;
          keyCache!.data.set(newKeys.subarray(from, from + headSize), to);
          valueCache!.data.set(newValues.subarray(from, from + headSize), to);
        }
      }
      const scores = new Float64Array(past + count);
      for (let head = 0; head < heads; head++) {
        const headStart = startOf(Math.floor(head / (heads / kvHeads)));
        for (let t = 0; t < count; t++) {
          const end = past + t + 1;
          const visible = Math.min(end, window);
          const start = headStart + (end - visible) * headSize;
          const keys = { data: keyCache!.data, start, stride: headSize };
          const values = { data: valueCache!.data, start, stride: headSize };
          const query = { visible, headSize, scale, softcap };
          const at = (first + t) * width + head * headSize;
          attendOneQuery(q!.data, at, keys, values, query, scores.fill(0), data);
        }
      }
      first += count;
    }
    if (first !== time)
      throw new RangeError(`laneAttention: the slots have ${first} rows, and q has ${time}`);
    return { dtype: 'float32', shape, data };
  },
};

export interface LaneAttentionOptions {
  heads: number;
  /** Heads of k, v and the cache; query head h reads head floor(h / (heads / kvHeads)). @default heads */
  kvHeads?: number;
  /** Factor of q k^T. @default 1 / sqrt(headSize) */
  scale?: number;
  /** Keys that a query sees, the last of them its own. @default all up to its own */
  window?: number | undefined;
  /** Bound of the scaled scores: s becomes softcap tanh(s / softcap). @default none */
  softcap?: number | undefined;
}

/**
 * q [1, time, heads*headSize], k and v [1, time, kvHeads*headSize] hold the new rows of several sequences, slot after slot.
 * The k and v of each slot are written to its lane of the caches behind the rows that are there, and its q attend to
 * all of them up to their own position, or to the last `window` of these. Caches are `state` [lanes, kvHeads, capacity, headSize].
 * Result [1, time, heads*headSize]. The only op that writes to its inputs. No gradient.
 * Caches of another storage than float32 hold keys and values rounded; a backend may compute the whole attention in that precision.
 * @throws RangeError at run time when a lane would hold more than the capacity
 */
export function laneAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  keyCache: Tensor,
  valueCache: Tensor,
  { lanes, rowCounts, pastLengths }: LaneSlots,
  options: LaneAttentionOptions,
): Tensor {
  const { heads, kvHeads = heads, window, softcap } = options;
  const headSize = requireNumber('laneAttention', 'the width of q', q.shape.at(-1)) / heads;
  const { scale = 1 / Math.sqrt(headSize) } = options;
  const storage = isOp(keyCache, stateOp) ? keyCache.attributes.storage : 'float32';
  const attributes = { heads, kvHeads, scale, window, softcap, storage };
  return apply(laneAttentionOp, [q, k, v, keyCache, valueCache, lanes, rowCounts, pastLengths], attributes);
}
