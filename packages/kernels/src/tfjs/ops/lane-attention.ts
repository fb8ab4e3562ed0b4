// Attention of one sequence over a KV cache of exactly the tokens so far.
import type { ops } from '@maria/core';
import type { Tfjs, TfTensor } from '../library.js';
import { attend, splitHeads } from './attention.js';

/** Keys and values [1, kvHeads, length, headSize]. */
export type KeysAndValues = {
  readonly keys: TfTensor;
  readonly values: TfTensor;
};

export type LaneAttention = KeysAndValues & { readonly result: TfTensor };

/**
 * q, k and v as for the op, of one slot; `cached` holds `past` tokens or more, of which the first `past` count, or is undefined for
 * none. Returns the result, and the keys and values that include the new tokens.
 */
export function attendInLane(
  tf: Tfjs,
  [q, k, v]: readonly [TfTensor, TfTensor, TfTensor],
  cached: KeysAndValues | undefined,
  past: number,
  {
    kvHeads,
    scale,
    window,
    softcap,
  }: Pick<ops.LaneAttentionAttributes, 'kvHeads' | 'scale' | 'window' | 'softcap'>,
): LaneAttention {
  const append = (held: TfTensor | undefined, added: TfTensor) => {
    const split = splitHeads(tf, added, kvHeads);
    if (!held || past === 0) return split;
    const [, heads, length, headSize] = held.shape as [number, number, number, number];
    const kept = length === past ? held : tf.slice(held, [0, 0, 0, 0], [1, heads, past, headSize]);
    return tf.concat([kept, split], 2);
  };
  const keys = append(cached?.keys, k);
  const values = append(cached?.values, v);
  return {
    keys,
    values,
    result: attend(tf, q, keys, values, { scale, window, softcap, firstPosition: past }),
  };
}
