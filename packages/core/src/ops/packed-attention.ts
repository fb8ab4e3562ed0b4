// packedAttention: attention within each of several sequences whose rows are packed one after the other.
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/values.js';
import { attentionOp, checkHeads } from './attention.js';
import { requireDtype, requireNumber } from './checks.js';

export interface PackedAttentionAttributes {
  readonly heads: number;
  readonly scale: number;
  readonly hasBias: boolean;
}

export const packedAttentionOp: Op<PackedAttentionAttributes> = {
  name: 'packedAttention',
  infer: ([q, k, v, lengths, bias], { heads }) => {
    requireDtype('packedAttention', 'float32', q, k, v, bias);
    checkHeads('packedAttention', { heads, kvHeads: heads }, q!, k!, v!);
    if (q!.shape[0] !== 1 || k!.shape[1] !== q!.shape[1])
      throw new ShapeError(
        `packedAttention needs batch 1 and as many keys as queries, got q ${formatShape(q!.shape)} and k ${formatShape(k!.shape)}`,
      );
    if (lengths!.dtype !== 'int32' || lengths!.shape.length !== 1)
      throw new ShapeError(
        `packedAttention needs lengths int32 [sequences], got ${lengths!.dtype} ${formatShape(lengths!.shape)}`,
      );
    const [batch, one, rows, columns] = bias?.shape ?? [1, 1];
    if (bias?.shape.length !== (bias && 4) || batch !== 1 || one !== 1 || rows !== columns)
      throw new ShapeError(
        `packedAttention needs a bias [1, 1, longest, longest], got ${formatShape(bias!.shape)}`,
      );
    return { shape: q!.shape, dtype: 'float32' };
  },
  evaluate: ([q, k, v, lengths, bias], { heads, scale, hasBias }, { shape, floats }) => {
    const [, time, width] = shape as [number, number, number];
    const data = floats(q!.data.length);
    let first = 0;
    for (const length of lengths!.data) {
      const own = [1, length, width];
      const rowsOf = (x: Value) => {
        const rows = x.data.subarray(first * width, (first + length) * width);
        return { ...x, shape: own, data: rows } as Value;
      };
      const inputs = [rowsOf(q!), rowsOf(k!), rowsOf(v!), ...(bias ? [cornerOf(bias, length)] : [])];
      const attributes = { heads, kvHeads: heads, causal: false, scale, hasBias };
      data.set(attentionOp.evaluate(inputs, attributes, { shape: own, floats }).data, first * width);
      first += length;
    }
    if (first !== time)
      throw new RangeError(`packedAttention: the sequences have ${first} rows, and q has ${time}`);
    return { dtype: 'float32', shape, data };
  },
};

/** The first rows and columns of a bias [1, 1, longest, longest]. */
function cornerOf({ data, shape }: Value, length: number): Value {
  const longest = shape[3]!;
  const corner = Float32Array.from(
    { length: length * length },
    (_, i) => data[Math.floor(i / length) * longest + (i % length)]!,
  );
  return { dtype: 'float32', shape: [1, 1, length, length], data: corner };
}

export interface PackedAttentionOptions {
  heads: number;
  /** Factor of q k^T. @default 1 / sqrt(headSize) */
  scale?: number;
  /** Added to the scaled scores, [1, 1, longest, longest]: each sequence takes as many of the first rows and columns as it is long. */
  bias?: Tensor | undefined;
}

/**
 * q, k and v [1, time, heads*headSize] hold the rows of several sequences, lengths int32 [sequences] how many each has (1 or
 * more). Each row attends to all rows of its own sequence. Result [1, time, heads*headSize]. No gradient.
 * @throws RangeError, ShapeError at run time when the lengths are not those of the rows
 */
export function packedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  lengths: Tensor,
  { heads, scale, bias }: PackedAttentionOptions,
): Tensor {
  const headSize = requireNumber('packedAttention', 'the width of q', q.shape.at(-1)) / heads;
  const attributes = { heads, scale: scale ?? 1 / Math.sqrt(headSize), hasBias: bias !== undefined };
  return apply(packedAttentionOp, [q, k, v, lengths, ...(bias ? [bias] : [])], attributes);
}
