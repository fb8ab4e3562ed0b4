// What an int8 product reads of its input: each row rounded to 255 levels, as core's `multiplyInt8` has it.
import { smallestInput } from '@maria/core';
import type { Tfjs, TfTensor } from '../library.js';

/** x with its rows rounded. A product of it with the matrix as floats is the sum of integers, but for float32's own rounding. */
export function roundRows(tf: Tfjs, x: TfTensor): TfTensor {
  const scales = tf.div(tf.maximum(tf.max(tf.abs(x), -1, true), smallestInput), 127);
  return tf.mul(tf.round(tf.div(x, scales)), scales);
}
