// Attention written in smaller ops: where its gradient comes from.
import type { Dim, Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, lessOrEqual, multiply, where } from './elementwise.js';
import { matmul } from './matmul.js';
import { range } from './range.js';
import { broadcastTo, reshape, transpose } from './shape-ops.js';
import { softmax } from './softmax.js';

export interface AttentionAttributes {
  readonly heads: number;
  readonly kvHeads: number;
  /** Whether a query sees only keys up to its own position; then there are as many keys as queries. */
  readonly causal: boolean;
  readonly scale: number;
  readonly hasBias: boolean;
}

/** [batch, time, heads*headSize] → [batch, heads, time, headSize], each head repeated `times` times. */
function splitHeads(x: Tensor, heads: number, times: number): Tensor {
  const [batch, time, width] = x.shape as [Dim, Dim, number];
  const headSize = width / heads;
  let split = reshape(x, [batch, time, heads, 1, headSize]);
  if (times > 1) split = broadcastTo(split, [batch, time, heads, times, headSize]);
  return transpose(reshape(split, [batch, time, heads * times, headSize]), [0, 2, 1, 3]);
}

/** The same result as the op `attention`, from matmul, softmax and shape ops. */
export function decomposeAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads, causal, scale }: AttentionAttributes,
  bias?: Tensor,
): Tensor {
  const shape: Shape = q.shape;
  const time = shape[1]!;
  const queries = multiply(splitHeads(q, heads, 1), scale);
  const keys = splitHeads(k, kvHeads, heads / kvHeads);
  const values = splitHeads(v, kvHeads, heads / kvHeads);
  let scores = matmul(queries, keys, { transposeB: true });
  if (bias) scores = add(scores, bias);
  if (causal) {
    const visible = lessOrEqual(reshape(range(time), [1, time]), reshape(range(time), [time, 1]));
    // Added rather than selected: the gradient passes an addition without work, and it is 0 behind -Infinity already.
    scores = add(scores, where(visible, 0, -Infinity));
  }
  return reshape(transpose(matmul(softmax(scores), values), [0, 2, 1, 3]), shape);
}
