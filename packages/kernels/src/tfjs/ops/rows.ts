// Rows by index: read, or added into a table; and numbers of rows, the largest or those at indices.
import { ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';

export const rows: readonly Kernel[] = [
  kernel(ops.embeddingOp, ({ tf }, _, ids, table) => tf.gather(table, ids)),
  kernel(ops.scatterRowsOp, ({ tf, shape }, _, indices, values) => {
    if (indices.size === 0) return tf.zeros(shape);
    const width = shape[1]!;
    return tf.scatterND(tf.reshape(indices, [-1, 1]), tf.reshape(values, [-1, width]), shape);
  }),
  kernel(ops.largestOp, ({ tf }, { k }, x) => tf.topk(x, k).indices),
  kernel(ops.pickOp, ({ tf }, _, x, indices) => tf.gather(x, indices, 1, 1)),
  kernel(ops.exactOp, ({ tf }, _, x) => tf.clone(x)),
];
