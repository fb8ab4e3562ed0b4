// Rows by index: read, added into a table, or made of zeros and a one.
import { ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';

export const rows: readonly Kernel[] = [
  kernel(ops.embeddingOp, ({ tf }, _, ids, table) => tf.gather(table, ids)),
  kernel(ops.oneHotOp, ({ tf }, { depth }, ids) => tf.oneHot(ids, depth, 1, 0, 'float32')),
  kernel(ops.scatterRowsOp, ({ tf, shape }, _, indices, values) => {
    if (indices.size === 0) return tf.zeros(shape);
    const width = shape[1]!;
    return tf.scatterND(tf.reshape(indices, [-1, 1]), tf.reshape(values, [-1, width]), shape);
  }),
];
