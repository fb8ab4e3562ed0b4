// Rotary position embedding in its half-split form.
import { ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';

export const rotary: readonly Kernel[] = [
  kernel(ops.rotaryOp, ({ tf, shape }, { heads, headSize, rotarySize }, x, cos, sin) => {
    const [batch, time] = shape as [number, number, number];
    const half = rotarySize / 2;
    const byHead = tf.reshape(x, [batch, time, heads, headSize]);
    const part = (start: number, size: number) =>
      tf.slice(byHead, [0, 0, 0, start], [batch, time, heads, size]);
    const [first, second] = [part(0, half), part(half, half)];
    const [c, s] = [tf.reshape(cos, [time, 1, half]), tf.reshape(sin, [time, 1, half])];
    const rotated = [
      tf.sub(tf.mul(first, c), tf.mul(second, s)),
      tf.add(tf.mul(second, c), tf.mul(first, s)),
    ];
    if (rotarySize < headSize) rotated.push(part(rotarySize, headSize - rotarySize));
    return tf.reshape(tf.concat(rotated, 3), shape);
  }),
];
