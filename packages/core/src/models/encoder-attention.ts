// Attention of one layer of an encoder: over all tokens of this run, or within each of the sequences that are packed in it.
import { attention } from '../ops/attention.js';
import { packedAttention } from '../ops/packed-attention.js';
import { broadcastTo, reshape } from '../ops/shape-ops.js';
import type { Dim } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { PackedSequences } from './packed-sequences.js';

export interface EncoderAttentionOptions {
  readonly heads: number;
  /** Heads of k and v; query head h reads head floor(h / (heads / kvHeads)). @default heads */
  readonly kvHeads?: number;
  /** Added to the scaled scores, [1, 1, time, time]; of the longest sequence where they are packed. */
  readonly bias?: Tensor | undefined;
}

/** q [batch, time, heads*headSize], k and v [batch, time, kvHeads*headSize] → the shape of q. */
export function encoderAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads = heads, bias }: EncoderAttentionOptions,
  packed?: PackedSequences,
): Tensor {
  // The kernels that do not hold all scores at once want as many heads of keys as of queries.
  const [keys, values] = [k, v].map((x) => repeatHeads(x, kvHeads, heads / kvHeads)) as [Tensor, Tensor];
  const options = { heads, bias };
  return packed
    ? packedAttention(q, keys, values, packed.lengths, options)
    : attention(q, keys, values, options);
}

/** [batch, time, heads*headSize] → [batch, time, heads*times*headSize], each head `times` times. */
function repeatHeads(x: Tensor, heads: number, times: number): Tensor {
  if (times === 1) return x;
  const [batch, time, width] = x.shape as [Dim, Dim, number];
  const split = reshape(x, [batch, time, heads, 1, width / heads]);
  return reshape(broadcastTo(split, [batch, time, heads, times, width / heads]), [
    batch,
    time,
    width * times,
  ]);
}
