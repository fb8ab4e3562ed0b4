// Attention of one layer of an encoder: over all tokens of this run, or within each of the sequences that are packed in it.
import { attention } from '../ops/attention.js';
import { packedAttention } from '../ops/packed-attention.js';
import type { Tensor } from '../tensor/tensor.js';
import type { PackedSequences } from './packed-sequences.js';

/**
 * q, k and v [batch, time, heads*headSize] → the same shape.
 * @param bias added to the scaled scores, [1, 1, time, time]; of the longest sequence where they are packed
 */
export function encoderAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: { heads: number; bias?: Tensor | undefined },
  packed?: PackedSequences,
): Tensor {
  return packed ? packedAttention(q, k, v, packed.lengths, options) : attention(q, k, v, options);
}
