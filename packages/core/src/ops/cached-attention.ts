// cachedAttention: appends new keys and values to a KV cache and attends over all of it, causally.
import type { StateStorage } from '../tensor/dtype.js';
import { roundToFloat16 } from '../tensor/float16.js';
import { isOp, stateOp } from '../tensor/leaves.js';
import { formatShape, ShapeError, sameShape } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/values.js';
import { attendOneQuery } from './attend-one-query.js';
import { checkHeads } from './attention.js';
import { requireDtype, requireNumber } from './checks.js';

export interface CachedAttentionAttributes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly scale: number;
  /** Of both caches. */
  readonly storage: StateStorage;
}

export const cachedAttentionOp: Op<CachedAttentionAttributes> = {
  name: 'cachedAttention',
  infer: ([q, k, v, keyCache, valueCache, pastLength], { heads, kvHeads, storage }) => {
    requireDtype('cachedAttention', 'float32', q, k, v, keyCache, valueCache);
    const headSize = checkHeads('cachedAttention', { heads, kvHeads }, q!, k!, v!);
    if (q!.shape[0] !== 1 || k!.shape[1] !== q!.shape[1])
      throw new ShapeError(
        `cachedAttention needs batch 1 and as many new keys as queries, got q ${formatShape(q!.shape)} and k ${formatShape(k!.shape)}`,
      );
    const capacity = requireNumber('cachedAttention', 'the capacity of the cache', keyCache!.shape[2]);
    const cacheShape = [1, kvHeads, capacity, headSize];
    for (const cache of [keyCache!, valueCache!])
      if (!isOp(cache, stateOp) || !sameShape(cache.shape, cacheShape))
        throw new ShapeError(
          `cachedAttention needs caches that are state of shape ${formatShape(cacheShape)}, got ${cache.op.name} ${formatShape(cache.shape)}`,
        );
    for (const cache of [keyCache!, valueCache!])
      if (isOp(cache, stateOp) && cache.attributes.storage !== storage)
        throw new TypeError(
          `cachedAttention needs two caches of one storage, got ${storage} and ${cache.attributes.storage}`,
        );
    if (pastLength?.dtype !== 'int32' || !sameShape(pastLength.shape, [1]))
      throw new ShapeError(
        `cachedAttention needs pastLength int32 [1], got ${pastLength?.dtype} ${formatShape(pastLength?.shape ?? [])}`,
      );
    return { shape: q!.shape, dtype: 'float32' };
  },
  evaluate: ([q, k, v, keyCache, valueCache, pastLength], attributes, { shape, floats }) => {
    const { heads, kvHeads, scale, storage } = attributes;
    const [, time, width] = shape as [number, number, number];
    const [, , capacity, headSize] = keyCache!.shape as [number, number, number, number];
    const past = pastLength!.data[0]!;
    if (past < 0 || past + time > capacity)
      throw new RangeError(
        `cachedAttention: ${past} past and ${time} new tokens do not fit a cache of ${capacity}`,
      );
    const held = ({ data }: Value) => (storage === 'float16' ? data.map(roundToFloat16) : data);
    const [newKeys, newValues] = [held(k!), held(v!)];
    for (let t = 0; t < time; t++) {
      for (let head = 0; head < kvHeads; head++) {
        const from = (t * kvHeads + head) * headSize;
        const to = (head * capacity + past + t) * headSize;
        keyCache!.data.set(newKeys.subarray(from, from + headSize), to);
        valueCache!.data.set(newValues.subarray(from, from + headSize), to);
      }
    }
    const data = floats(q!.data.length);
    const scores = new Float64Array(past + time);
    for (let head = 0; head < heads; head++) {
      const start = Math.floor(head / (heads / kvHeads)) * capacity * headSize;
      const keys = { data: keyCache!.data, start, stride: headSize };
      const values = { data: valueCache!.data, start, stride: headSize };
      for (let t = 0; t < time; t++) {
        const query = { visible: past + t + 1, headSize, scale };
        attendOneQuery(q!.data, t * width + head * headSize, keys, values, query, scores.fill(0), data);
      }
    }
    return { dtype: 'float32', shape, data };
  },
};

export interface CachedAttentionOptions {
  heads: number;
  /** Heads of k, v and the cache; query head h reads head floor(h / (heads / kvHeads)). @default heads */
  kvHeads?: number;
  /** Factor of q k^T. @default 1 / sqrt(headSize) */
  scale?: number;
}

/**
 * q [1, time, heads*headSize] attends to cache[0 .. pastLength + own position] after k and v [1, time, kvHeads*headSize]
 * are written to the caches at pastLength. Caches are `state` [1, kvHeads, capacity, headSize], pastLength int32 [1].
 * Result [1, time, heads*headSize]. The only op that writes to its inputs. No gradient.
 * Caches of storage float16 hold keys and values rounded; a backend may compute the whole attention in that precision.
 * @throws RangeError at run time when pastLength + time exceeds the capacity
 */
export function cachedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  keyCache: Tensor,
  valueCache: Tensor,
  pastLength: Tensor,
  options: CachedAttentionOptions,
): Tensor {
  const { heads, kvHeads = heads } = options;
  const headSize = requireNumber('cachedAttention', 'the width of q', q.shape.at(-1)) / heads;
  const { scale = 1 / Math.sqrt(headSize) } = options;
  const storage = isOp(keyCache, stateOp) ? keyCache.attributes.storage : 'float32';
  const attributes = { heads, kvHeads, scale, storage };
  return apply(cachedAttentionOp, [q, k, v, keyCache, valueCache, pastLength], attributes);
}
