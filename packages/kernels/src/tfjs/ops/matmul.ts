// Products of matrices: matmul, linear, and a product that is added to a matrix.
import { numberOfElements, ops, sameShape } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';
import type { Tfjs, TfTensor } from '../library.js';

/** `x` with the batch axes `batch`, or as it is where the library repeats its one matrix. */
function withBatch(tf: Tfjs, x: TfTensor, batch: readonly number[]): TfTensor {
  const own = x.shape.slice(0, -2);
  // The library's own broadcasting is wrong on some backends where only a part of the axes is repeated.
  if (sameShape(own, batch) || numberOfElements(own) === 1) return x;
  return tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
}

export const matmul: readonly Kernel[] = [
  kernel(ops.matmulOp, ({ tf, shape }, { transposeA, transposeB }, a, b) => {
    const batch = shape.slice(0, -2);
    return tf.matMul(withBatch(tf, a, batch), withBatch(tf, b, batch), transposeA, transposeB);
  }),
  kernel(ops.matmulAddOp, ({ tf }, { transposeA, transposeB }, a, b, c) =>
    tf.add(tf.matMul(a, b, transposeA, transposeB), c),
  ),
  kernel(ops.linearOp, ({ tf, shape }, _, x, w, b?: TfTensor) => {
    // One product of matrices, whatever the axes are; a batch of one goes as it is, because each call costs time.
    const isMatrix = x.rank >= 2 && numberOfElements(x.shape.slice(0, -2)) === 1;
    const product = tf.matMul(isMatrix ? x : tf.reshape(x, [-1, w.shape[1]!]), w, false, true);
    const y = b ? tf.add(product, b) : product;
    return isMatrix ? y : tf.reshape(y, shape);
  }),
];
