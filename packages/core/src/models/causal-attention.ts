// Causal attention of one layer: over the tokens of this run, or over the KV caches too.
import { attention } from '../ops/attention.js';
import { decomposeAttention } from '../ops/attention-decomposition.js';
import { laneAttention } from '../ops/lane-attention.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CacheSlots } from './cache-slots.js';

export interface AttentionHeads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

/** How a layer attends, where not in the usual way. */
export interface AttentionForm {
  /** Factor of q k^T. @default 1 / sqrt(headSize) */
  readonly scale?: number;
  /** Keys that a query sees, the last of them its own. @default all up to its own */
  readonly window?: number | undefined;
  /** Bound of the scaled scores: s becomes softcap tanh(s / softcap). @default none */
  readonly softcap?: number | undefined;
}

/** q [batch, time, heads*headSize], k and v [batch, time, kvHeads*headSize] → [batch, time, heads*headSize]. */
export function causalAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads, headSize }: AttentionHeads,
  layer: number,
  cache?: CacheSlots,
  { scale = 1 / Math.sqrt(headSize), window, softcap }: AttentionForm = {},
): Tensor {
  const options = { heads, kvHeads, scale, window, softcap };
  if (cache) {
    const { keys, values } = cache.layer(layer);
    return laneAttention(q, k, v, keys, values, cache.slots, options);
  }
  // Without a cache only gradients are asked for, and nothing that is fast.
  if (window !== undefined || softcap !== undefined)
    return decomposeAttention(q, k, v, { ...options, causal: true });
  return attention(q, k, v, { heads, kvHeads, causal: true, scale });
}
