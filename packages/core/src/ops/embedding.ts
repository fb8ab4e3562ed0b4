// embedding: rows of a table by id; scatterRows: rows added into a table by id. Each is the other's gradient.
import { type Dim, formatShape, numberOfElements, ShapeError, sameShape } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireRank } from './checks.js';

export const embeddingOp: Op<NoAttributes> = {
  name: 'embedding',
  infer: ([ids, table]) => {
    if (ids?.dtype !== 'int32' || !table || table.dtype === 'int32')
      throw new ShapeError(
        `embedding needs int32 ids and a float32 or bool table, got ${ids?.dtype} and ${table?.dtype}`,
      );
    requireRank('embedding', 'a table', table, 2, '[rows, d]');
    return { shape: [...ids.shape, table.shape[1]!], dtype: table.dtype };
  },
  evaluate: ([ids, table], _attributes, { shape, floats }) => {
    const [rows, d] = table!.shape as [number, number];
    const size = ids!.data.length * d;
    const data = table!.dtype === 'bool' ? new Uint8Array(size) : floats(size);
    ids!.data.forEach((id, i) => {
      if (id < 0 || id >= rows)
        throw new RangeError(`embedding: id ${id} at position ${i} is outside a table of ${rows} rows`);
      data.set(table!.data.subarray(id * d, (id + 1) * d), i * d);
    });
    return table!.dtype === 'bool'
      ? { dtype: 'bool', shape, data: data as Uint8Array }
      : { dtype: 'float32', shape, data: data as Float32Array };
  },
  gradient: ({ inputs: [ids, table] }, upstream) => [null, scatterRows(ids!, upstream, table!.shape[0]!)],
};

/** ids int32 [...], table [rows, d] of float32 or bool, a weight or computed → [..., d]. @throws RangeError at run time for ids outside the table */
export function embedding(ids: Tensor, table: Tensor): Tensor {
  return apply(embeddingOp, [ids, table], {});
}

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
