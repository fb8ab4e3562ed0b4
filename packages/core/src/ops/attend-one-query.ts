// The inner loop of the reference attention: one query of one head over its visible keys.
import type { FloatArray, TensorData } from '../tensor/values.js';

/** Rows of headSize numbers: the keys or the values of one head. */
export interface HeadRows {
  readonly data: TensorData;
  readonly start: number;
  /** Distance from one row to the next. */
  readonly stride: number;
}

export interface OneQuery {
  /** Number of keys that the query sees, from the first. */
  readonly visible: number;
  readonly headSize: number;
  readonly scale: number;
  /** Bound of the scaled scores, before the bias is added: s becomes softcap tanh(s / softcap). @default none */
  readonly softcap?: number | undefined;
}

/**
 * out[at..] = softmax(scores + cap(scale * q[at..] · keys)) · values, stable for scores of any size.
 * `scores` holds the bias of each visible key when called, and is overwritten.
 */
export function attendOneQuery(
  q: TensorData,
  at: number,
  keys: HeadRows,
  values: HeadRows,
  { visible, headSize, scale, softcap }: OneQuery,
  scores: Float64Array,
  out: FloatArray,
): void {
  let max = -Infinity;
  for (let j = 0; j < visible; j++) {
    const key = keys.start + j * keys.stride;
    let dot = 0;
    for (let i = 0; i < headSize; i++) dot += q[at + i]! * keys.data[key + i]!;
    const score = dot * scale;
    scores[j]! += softcap === undefined ? score : softcap * Math.tanh(score / softcap);
    max = Math.max(max, scores[j]!);
  }
  let total = 0;
  for (let j = 0; j < visible; j++) {
    scores[j] = Math.exp(scores[j]! - max);
    total += scores[j]!;
  }
  for (let i = 0; i < headSize; i++) {
    let mixed = 0;
    for (let j = 0; j < visible; j++)
      mixed += scores[j]! * values.data[values.start + j * values.stride + i]!;
    out[at + i] = mixed / total;
  }
}
