// transpose: reorders the axes.
import { formatShape, ShapeError, stridesOf } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { readStrided } from './strided.js';

export interface TransposeAttributes {
  /** For each axis of the result, the axis of the input that it is. */
  readonly permutation: readonly number[];
}

export const transposeOp: Op<TransposeAttributes> = {
  name: 'transpose',
  infer: ([x], { permutation }) => {
    const axes = [...permutation].sort((a, b) => a - b);
    if (axes.length !== x!.shape.length || axes.some((axis, i) => axis !== i))
      throw new ShapeError(
        `transpose needs a permutation of the ${x!.shape.length} axes of ${formatShape(x!.shape)}, got ${formatShape(permutation)}`,
      );
    return { shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  evaluate: ([x], { permutation }, context) => {
    const strides = stridesOf(x!.shape);
    return readStrided(
      x!,
      permutation.map((axis) => strides[axis]!),
      context,
    );
  },
  gradient: ({ attributes: { permutation } }, upstream) => [
    transpose(
      upstream,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
};

/** x with its axes in the order of `permutation`: [a, b, c] under [2, 0, 1] → [c, a, b]. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  return apply(transposeOp, [x], { permutation });
}
