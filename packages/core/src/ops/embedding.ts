// embedding: rows of a table by id. The table may be a weight or computed.
import { ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireRank } from './checks.js';
import { scatterRows } from './scatter-rows.js';

export const embeddingOp: Op<NoAttributes> = {
  name: 'embedding',
  infer: ([ids, table]) => {
    if (ids?.dtype !== 'int32' || table?.dtype !== 'float32')
      throw new ShapeError(
        `embedding needs int32 ids and a float32 table, got ${ids?.dtype} and ${table?.dtype}`,
      );
    requireRank('embedding', 'a table', table, 2, '[rows, d]');
    return { shape: [...ids.shape, table.shape[1]!], dtype: 'float32' };
  },
  evaluate: ([ids, table], _attributes, { shape, floats }) => {
    const [rows, d] = table!.shape as [number, number];
    const data = floats(ids!.data.length * d);
    ids!.data.forEach((id, i) => {
      if (id < 0 || id >= rows)
        throw new RangeError(`embedding: id ${id} at position ${i} is outside a table of ${rows} rows`);
      data.set(table!.data.subarray(id * d, (id + 1) * d), i * d);
    });
    return { dtype: 'float32', shape, data };
  },
  gradient: ({ inputs: [ids, table] }, upstream) => [null, scatterRows(ids!, upstream, table!.shape[0]!)],
};

/** ids int32 [...], table [rows, d] → [..., d]. @throws RangeError at run time for ids outside the table */
export function embedding(ids: Tensor, table: Tensor): Tensor {
  return apply(embeddingOp, [ids, table], {});
}
