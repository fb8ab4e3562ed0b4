// Activation functions: relu, gelu, silu.
import { ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';

export const activations: readonly Kernel[] = [
  kernel(ops.reluOp, ({ tf }, _, x) => tf.relu(x)),
  kernel(ops.siluOp, ({ tf }, _, x) => tf.mul(x, tf.sigmoid(x))),
  kernel(ops.geluOp, ({ tf }, { approximate }, x) => {
    const gate =
      approximate === 'tanh'
        ? tf.tanh(tf.mul(tf.mul(x, Math.sqrt(2 / Math.PI)), tf.add(1, tf.mul(0.044715, tf.square(x)))))
        : tf.erf(tf.mul(x, Math.SQRT1_2));
    return tf.mul(tf.mul(x, 0.5), tf.add(gate, 1));
  }),
];
