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
  kernel(ops.logSumExpOp, ({ tf }, { axis }, ...parts) => tf.logSumExp(joined(tf, parts, axis), axis)),
  // gather checks the targets; kernels for GPUs read no element, or any, for one that is outside.
  kernel(ops.crossEntropyOp, ({ tf }, { axis }, normalizer, targets, ...parts) => {
    const logits = joined(tf, parts, axis);
    return tf.sub(normalizer, tf.gather(axis === 0 ? tf.transpose(logits) : logits, targets, 1, 1));
  }),
  kernel(ops.softmaxErrorOp, ({ tf }, { axis, firstClass }, logits, normalizer, targets) => {
    const classes = tf.range(firstClass, firstClass + logits.shape[axis]!, 1, 'int32');
    const isTarget = tf.equal(tf.expandDims(targets, axis), tf.expandDims(classes, 1 - axis));
    const shifted = tf.sub(logits, tf.expandDims(normalizer, axis));
    return tf.sub(tf.exp(shifted), tf.cast(isTarget, 'float32'));
  }),
];

function joined(tf: Tfjs, parts: readonly TfTensor[], axis: number): TfTensor {
  return parts.length === 1 ? parts[0]! : tf.concat([...parts], axis);
}
