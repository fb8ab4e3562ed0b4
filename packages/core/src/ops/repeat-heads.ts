// Grouped queries: each head of keys or values, for all query heads that read it.
import type { Dim } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { broadcastTo, reshape } from './shape-ops.js';

/** [batch, time, heads*headSize] → [batch, time, heads*times*headSize], each head `times` times. */
export function repeatHeads(x: Tensor, heads: number, times: number): Tensor {
  if (times === 1) return x;
  const [batch, time, width] = x.shape as [Dim, Dim, number];
  const split = reshape(x, [batch, time, heads, 1, width / heads]);
  const repeated = broadcastTo(split, [batch, time, heads, times, width / heads]);
  return reshape(repeated, [batch, time, width * times]);
}
