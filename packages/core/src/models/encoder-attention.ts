// Attention of one layer of an encoder: over all tokens of this run, or within each of the sequences that are packed in it.
import { attention } from '../ops/attention.js';
import { packedAttention } from '../ops/packed-attention.js';
import { repeatHeads } from '../ops/repeat-heads.js';
import type { Tensor } from '../tensor/tensor.js';
import type { PackedSequences } from './packed-sequences.js';

export interface SlidingWindow {
  /** Positions between a token and the farthest that it attends to, on either side. */
  readonly halfWindow: number;
  /** The same added to the scores, [1, 1, time, time]: where no sequences are packed. */
  readonly bias: Tensor | undefined;
}

export interface EncoderAttentionOptions {
  readonly heads: number;
  /** Heads of k and v; query head h reads head floor(h / (heads / kvHeads)). @default heads */
  readonly kvHeads?: number;
  /** Factor of q k^T. @default 1 / sqrt(headSize) */
  readonly scale?: number;
  /** Of a layer that attends to what is near only. @default to all */
  readonly window?: SlidingWindow | undefined;
}

/** q [batch, time, heads*headSize], k and v [batch, time, kvHeads*headSize] → the shape of q. */
export function encoderAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads = heads, scale, window }: EncoderAttentionOptions,
  packed?: PackedSequences,
): Tensor {
  // The kernels that do not hold all scores at once want as many heads of keys as of queries.
  const [keys, values] = [k, v].map((x) => repeatHeads(x, kvHeads, heads / kvHeads)) as [Tensor, Tensor];
  const options = { heads, ...(scale !== undefined && { scale }) };
  return packed
    ? packedAttention(q, keys, values, packed.lengths, { ...options, halfWindow: window?.halfWindow })
    : attention(q, keys, values, { ...options, bias: window?.bias });
}
