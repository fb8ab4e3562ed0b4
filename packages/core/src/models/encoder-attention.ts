// Attention of one layer of an encoder: over all tokens of this run, or within each of the sequences that are packed in it.
import { attention } from '../ops/attention.js';
import { packedAttention } from '../ops/packed-attention.js';
import { repeatHeads } from '../ops/repeat-heads.js';
import type { Tensor } from '../tensor/tensor.js';
import type { PackedSequences } from './packed-sequences.js';

export interface EncoderAttentionOptions {
  readonly heads: number;
  /** Heads of k and v; query head h reads head floor(h / (heads / kvHeads)). @default heads */
  readonly kvHeads?: number;
  /** Factor of q k^T. @default 1 / sqrt(headSize) */
  readonly scale?: number;
  /** Added to the scaled scores, [1, 1, time, time]; of the longest sequence where they are packed. */
  readonly bias?: Tensor | undefined;
}

/** q [batch, time, heads*headSize], k and v [batch, time, kvHeads*headSize] → the shape of q. */
export function encoderAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads = heads, scale, bias }: EncoderAttentionOptions,
  packed?: PackedSequences,
): Tensor {
  // The kernels that do not hold all scores at once want as many heads of keys as of queries.
  const [keys, values] = [k, v].map((x) => repeatHeads(x, kvHeads, heads / kvHeads)) as [Tensor, Tensor];
  const options = { heads, bias, ...(scale !== undefined && { scale }) };
  return packed
    ? packedAttention(q, keys, values, packed.lengths, options)
    : attention(q, keys, values, options);
}
