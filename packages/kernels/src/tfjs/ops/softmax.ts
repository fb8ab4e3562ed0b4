// Softmax, and the cross-entropy and its error.
import { ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';
import type { Tfjs, TfTensor } from '../library.js';

/** What `compute` gives for its last axis, for any axis of `x`. */
function alongAxis(tf: Tfjs, x: TfTensor, axis: number, compute: (x: TfTensor) => TfTensor): TfTensor {
  const last = x.rank - 1;
  if (axis === last) return compute(x);
  // Exchanging two axes is its own inverse.
  const exchanged = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  return tf.transpose(compute(tf.transpose(x, exchanged)), exchanged);
}

export const softmax: readonly Kernel[] = [
  kernel(ops.softmaxOp, ({ tf }, { axis }, x) => alongAxis(tf, x, axis, (y) => tf.softmax(y))),
  // gather checks the targets; kernels for GPUs read no element, or any, for one that is outside.
  kernel(ops.crossEntropyOp, ({ tf }, _, logits, targets) =>
    tf.neg(tf.gather(tf.logSoftmax(logits), targets, 1, 1)),
  ),
  kernel(ops.softmaxErrorOp, ({ tf }, _, logits, targets) =>
    tf.sub(tf.softmax(logits), tf.oneHot(targets, logits.shape[1]!, 1, 0, 'float32')),
  ),
];
