// pick: of each row the numbers at some indices of its own.
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireRank } from './checks.js';

export const pickOp: Op<NoAttributes> = {
  name: 'pick',
  infer: ([x, indices]) => {
    if (x?.dtype !== 'float32' || indices?.dtype !== 'int32')
      throw new ShapeError(
        `pick needs float32 rows and int32 indices, got ${x?.dtype} and ${indices?.dtype}`,
      );
    requireRank('pick', 'x', x, 2, '[rows, n]');
    requireRank('pick', 'indices', indices, 2, '[rows, m]');
    if (x.shape[0] !== indices.shape[0])
      throw new ShapeError(
        `pick needs indices for each row, got ${formatShape(x.shape)} and ${formatShape(indices.shape)}`,
      );
    return { shape: indices.shape, dtype: 'float32' };
  },
  evaluate: ([x, indices], _attributes, { shape, floats }) => {
    const n = x!.shape[1]!;
    const m = shape[1]!;
    const data = floats(indices!.data.length);
    indices!.data.forEach((index, i) => {
      if (index < 0 || index >= n)
        throw new RangeError(`pick: index ${index} at position ${i} is outside a row of ${n}`);
      data[i] = x!.data[Math.floor(i / m) * n + index]!;
    });
    return { dtype: 'float32', shape, data };
  },
};

/** x [rows, n], indices int32 [rows, m] → [rows, m]. @throws RangeError at run time for indices outside of a row */
export function pick(x: Tensor, indices: Tensor): Tensor {
  return apply(pickOp, [x, indices], {});
}
