// packedAttention: attention within each of several sequences whose rows are packed one after the other.
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { attendOneQuery } from './attend-one-query.js';
import { checkHeads } from './attention.js';
import { requireDtype, requireNumber } from './checks.js';

export interface PackedAttentionAttributes {
  readonly heads: number;
  readonly scale: number;
  /** Positions between a row and the farthest that it attends to, on either side. @default all of its sequence */
  readonly halfWindow: number | undefined;
}

export const packedAttentionOp: Op<PackedAttentionAttributes> = {
  name: 'packedAttention',
  infer: ([q, k, v, lengths], { heads }) => {
    requireDtype('packedAttention', 'float32', q, k, v);
    checkHeads('packedAttention', { heads, kvHeads: heads }, q!, k!, v!);
    if (q!.shape[0] !== 1 || k!.shape[1] !== q!.shape[1])
      throw new ShapeError(
        `packedAttention needs batch 1 and as many keys as queries, got q ${formatShape(q!.shape)} and k ${formatShape(k!.shape)}`,
      );
    if (lengths!.dtype !== 'int32' || lengths!.shape.length !== 1)
      throw new ShapeError(
        `packedAttention needs lengths int32 [sequences], got ${lengths!.dtype} ${formatShape(lengths!.shape)}`,
      );
    return { shape: q!.shape, dtype: 'float32' };
  },
  evaluate: ([q, k, v, lengths], { heads, scale, halfWindow = Infinity }, { shape, floats }) => {
    const [, time, width] = shape as [number, number, number];
    const headSize = width / heads;
    const data = floats(q!.data.length);
    const scores = new Float64Array(time);
    const total = Array.from(lengths!.data).reduce((sum, length) => sum + length, 0);
    if (total !== time)
      throw new RangeError(`packedAttention: the sequences have ${total} rows, and q has ${time}`);
    let first = 0;
    for (const length of lengths!.data) {
      const end = first + length;
      for (let row = first; row < end; row++) {
        const from = Math.max(first, row - halfWindow);
        const visible = Math.min(end, row + halfWindow + 1) - from;
        for (let head = 0; head < heads; head++) {
          const rowsOf = (x: typeof k) => ({
            data: x!.data,
            start: from * width + head * headSize,
            stride: width,
          });
          scores.fill(0, 0, visible);
          const at = row * width + head * headSize;
          attendOneQuery(q!.data, at, rowsOf(k), rowsOf(v), { visible, headSize, scale }, scores, data);
        }
      }
      first = end;
    }
    return { dtype: 'float32', shape, data };
  },
};

export interface PackedAttentionOptions {
  heads: number;
  /** Factor of q k^T. @default 1 / sqrt(headSize) */
  scale?: number;
  /** Positions between a row and the farthest that it attends to, on either side; an integer, 0 or more. @default all of its sequence */
  halfWindow?: number | undefined;
}

/**
 * q, k and v [1, time, heads*headSize] hold the rows of several sequences, lengths int32 [sequences] how many each has (1 or
 * more). Each row attends to the rows of its own sequence. Result [1, time, heads*headSize]. No gradient.
 * @throws RangeError, ShapeError at run time when the lengths are not those of the rows
 */
export function packedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  lengths: Tensor,
  { heads, scale, halfWindow }: PackedAttentionOptions,
): Tensor {
  const headSize = requireNumber('packedAttention', 'the width of q', q.shape.at(-1)) / heads;
  const attributes = { heads, scale: scale ?? 1 / Math.sqrt(headSize), halfWindow };
  return apply(packedAttentionOp, [q, k, v, lengths], attributes);
}
