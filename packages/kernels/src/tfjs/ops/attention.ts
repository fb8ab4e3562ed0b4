// Attention by heads, and the part of it that attention over a KV cache shares.
import { ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';
import type { Tfjs, TfTensor } from '../library.js';

/** [batch, time, heads*headSize] → [batch, heads, time, headSize] */
export function splitHeads(tf: Tfjs, x: TfTensor, heads: number): TfTensor {
  const [batch, time, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, time, heads, width / heads]), [0, 2, 1, 3]);
}

export interface AttendOptions {
  readonly scale: number;
  /** Broadcastable to [batch, heads, time, keyTime]. */
  readonly bias?: TfTensor | undefined;
  /** Query i sees the keys up to `firstPosition` + i; all of them without it. */
  readonly firstPosition?: number | undefined;
  /** With it, the keys that a query sees, the last of them at its own position. @default all up to its own */
  readonly window?: number | undefined;
  /** Bound of the scaled scores: s becomes softcap tanh(s / softcap). @default none */
  readonly softcap?: number | undefined;
}

/**
 * q [batch, time, heads*headSize], keys and values [batch, kvHeads, keyTime, headSize] → the shape of q.
 * The queries of all heads that share a key head are multiplied with it at once, so keys are not repeated.
 */
export function attend(
  tf: Tfjs,
  q: TfTensor,
  keys: TfTensor,
  values: TfTensor,
  { scale, bias, firstPosition, window, softcap }: AttendOptions,
): TfTensor {
  const [batch, time, width] = q.shape as [number, number, number];
  const [, kvHeads, keyTime, headSize] = keys.shape as [number, number, number, number];
  const heads = width / headSize;
  const grouped = [batch, kvHeads, (heads / kvHeads) * time];
  const queries = tf.reshape(splitHeads(tf, tf.mul(q, scale), heads), [...grouped, headSize]);
  let scores = tf.reshape(tf.matMul(queries, keys, false, true), [batch, heads, time, keyTime]);
  if (softcap !== undefined) scores = tf.mul(tf.tanh(tf.div(scores, softcap)), softcap);
  if (bias) scores = tf.add(scores, bias);
  if (firstPosition !== undefined) {
    const positions = tf.reshape(tf.range(firstPosition, firstPosition + time, 1, 'int32'), [time, 1]);
    const keyPositions = tf.range(0, keyTime, 1, 'int32');
    const hide = (visible: TfTensor) => tf.add(scores, tf.where(visible, tf.scalar(0), tf.scalar(-Infinity)));
    // The last query sees all keys up to its own.
    if (time > 1) scores = hide(tf.lessEqual(keyPositions, positions));
    if (window !== undefined && window < keyTime)
      scores = hide(tf.less(tf.sub(positions, window), keyPositions));
  }
  const probabilities = tf.reshape(tf.softmax(scores), [...grouped, keyTime]);
  const mixed = tf.reshape(tf.matMul(probabilities, values), [batch, heads, time, headSize]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, time, width]);
}

/** 0 where |query - key| <= halfWindow, `hiddenScore` elsewhere: [time, time]. */
export function slidingWindowBias(tf: Tfjs, time: number, halfWindow: number): TfTensor {
  const positions = tf.range(0, time, 1, 'int32');
  const distance = tf.abs(tf.sub(tf.reshape(positions, [time, 1]), positions));
  return tf.where(tf.lessEqual(distance, halfWindow), tf.scalar(0), tf.scalar(ops.hiddenScore));
}

export const attention: readonly Kernel[] = [
  kernel(ops.attentionOp, ({ tf }, { kvHeads, causal, scale }, q, k, v, bias?: TfTensor) =>
    attend(tf, q, splitHeads(tf, k, kvHeads), splitHeads(tf, v, kvHeads), {
      scale,
      bias,
      firstPosition: causal ? 0 : undefined,
    }),
  ),
];
