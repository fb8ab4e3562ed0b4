// Attention written in smaller ops: where its gradient comes from.
import type { Dim, Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, cast, lessOrEqual, multiply, subtract, where } from './elementwise.js';
import { matmul } from './matmul.js';
import { range } from './range.js';
import { repeatHeads } from './repeat-heads.js';
import { reshape, transpose } from './shape-ops.js';
import { softcapped } from './softcap.js';
import { softmax } from './softmax.js';

export interface AttentionAttributes {
  readonly heads: number;
  readonly kvHeads: number;
  /** Whether a query sees only keys up to its own position; then there are as many keys as queries. */
  readonly causal: boolean;
  readonly scale: number;
  readonly hasBias: boolean;
}

/** What the op `attention` does, and what it does not. */
export interface DecomposedAttention extends Omit<AttentionAttributes, 'hasBias'> {
  /** Keys that a causal query sees, the last of them its own. @default all up to its own */
  readonly window?: number | undefined;
  /** Bound of the scaled scores: s becomes softcap tanh(s / softcap). @default none */
  readonly softcap?: number | undefined;
}

/** [batch, time, heads*headSize] → [batch, heads, time, headSize], each head repeated `times` times. */
function splitHeads(x: Tensor, heads: number, times: number): Tensor {
  const [batch, time, width] = x.shape as [Dim, Dim, number];
  const split = reshape(repeatHeads(x, heads, times), [batch, time, heads * times, width / heads]);
  return transpose(split, [0, 2, 1, 3]);
}

/** The result of the op `attention`, or of attention within a window or of bounded scores, from matmul, softmax and shape ops. */
export function decomposeAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads, causal, scale, window, softcap }: DecomposedAttention,
  bias?: Tensor,
): Tensor {
  const shape: Shape = q.shape;
  const time = shape[1]!;
  const queries = multiply(splitHeads(q, heads, 1), scale);
  const keys = splitHeads(k, kvHeads, heads / kvHeads);
  const values = splitHeads(v, kvHeads, heads / kvHeads);
  let scores = softcapped(matmul(queries, keys, { transposeB: true }), softcap);
  if (bias) scores = add(scores, bias);
  if (causal) {
    const positions = cast(range(time), 'float32');
    const [keyPosition, position] = [reshape(positions, [1, time]), reshape(positions, [time, 1])];
    // Added rather than selected: the gradient passes an addition without work, and it is 0 behind -Infinity already.
    const hide = (visible: Tensor) => add(scores, where(visible, 0, -Infinity));
    scores = hide(lessOrEqual(keyPosition, position));
    if (window !== undefined) scores = hide(lessOrEqual(subtract(position, keyPosition), window - 1));
  }
  return reshape(transpose(matmul(softmax(scores), values), [0, 2, 1, 3]), shape);
}
