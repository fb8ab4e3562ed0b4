// Causal attention of one layer: over the tokens of this run, or over the KV caches too.
import { attention } from '../ops/attention.js';
import { laneAttention } from '../ops/lane-attention.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CacheSlots } from './cache-slots.js';

export interface AttentionHeads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

/**
 * q [batch, time, heads*headSize], k and v [batch, time, kvHeads*headSize] → [batch, time, heads*headSize].
 * @param scale factor of q k^T, 1/sqrt(headSize) by default
 */
export function causalAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads, headSize }: AttentionHeads,
  layer: number,
  cache?: CacheSlots,
  scale = 1 / Math.sqrt(headSize),
): Tensor {
  if (!cache) return attention(q, k, v, { heads, kvHeads, causal: true, scale });
  const { keys, values } = cache.layer(layer);
  return laneAttention(q, k, v, keys, values, cache.slots, { heads, kvHeads, scale });
}
