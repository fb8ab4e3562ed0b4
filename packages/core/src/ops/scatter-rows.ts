// scatterRows: adds rows into a zero table at their indices; the gradient of embedding.
import { type Dim, formatShape, numberOfElements, ShapeError, sameShape } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { embedding } from './embedding.js';

export interface ScatterRowsAttributes {
  /** Rows of the result. */
  readonly count: Dim;
}

export const scatterRowsOp: Op<ScatterRowsAttributes> = {
  name: 'scatterRows',
  infer: ([indices, rows], { count }) => {
    if (indices?.dtype !== 'int32' || rows?.dtype !== 'float32')
      throw new ShapeError(
        `scatterRows needs int32 indices and float32 rows, got ${indices?.dtype} and ${rows?.dtype}`,
      );
    if (rows.shape.length !== indices.shape.length + 1 || !sameShape(rows.shape.slice(0, -1), indices.shape))
      throw new ShapeError(
        `scatterRows needs indices [m...] and rows [m..., d], got ${formatShape(indices.shape)} and ${formatShape(rows.shape)}`,
      );
    return { shape: [count, rows.shape.at(-1)!], dtype: 'float32' };
  },
  evaluate: ([indices, rows], _attributes, { shape, floats }) => {
    const [count, d] = shape as [number, number];
    // Sums in double precision, rounded once at the end.
    const totals = new Float64Array(numberOfElements(shape));
    indices!.data.forEach((index, i) => {
      if (index < 0 || index >= count)
        throw new RangeError(`scatterRows: index ${index} at position ${i} is outside ${count} rows`);
      for (let k = 0; k < d; k++) totals[index * d + k]! += rows!.data[i * d + k]!;
    });
    const data = floats(totals.length);
    data.set(totals);
    return { dtype: 'float32', shape, data };
  },
  gradient: ({ inputs: [indices] }, upstream) => [null, embedding(indices!, upstream)],
};

/** indices int32 [m...], rows [m..., d] → [count, d]: each row added at its index, duplicates summed, zero elsewhere. */
export function scatterRows(indices: Tensor, rows: Tensor, count: Dim): Tensor {
  return apply(scatterRowsOp, [indices, rows], { count });
}
