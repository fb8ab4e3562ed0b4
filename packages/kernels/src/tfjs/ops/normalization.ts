// layerNorm and rmsNorm over the last axis.
import { ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';
import type { Tfjs, TfTensor } from '../library.js';

/** x divided by its root mean square over the last axis. */
function divideByRootMeanSquare(tf: Tfjs, x: TfTensor, epsilon: number): TfTensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)));
}

export const normalization: readonly Kernel[] = [
  kernel(ops.layerNormOp, ({ tf }, { epsilon, hasScale, hasBias }, x, ...parameters) => {
    let y = divideByRootMeanSquare(tf, tf.sub(x, tf.mean(x, -1, true)), epsilon);
    if (hasScale) y = tf.mul(y, parameters[0]!);
    return hasBias ? tf.add(y, parameters.at(-1)!) : y;
  }),
  kernel(ops.rmsNormOp, ({ tf }, { epsilon }, x, scale?: TfTensor) => {
    const y = divideByRootMeanSquare(tf, x, epsilon);
    return scale ? tf.mul(y, scale) : y;
  }),
];
