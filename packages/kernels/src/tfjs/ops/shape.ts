// Ops that move elements and compute nothing.
import { ops, ShapeError } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';

export const shape: readonly Kernel[] = [
  kernel(ops.reshapeOp, ({ tf, shape }, _, x) => {
    if (x.size !== shape.reduce((a, b) => a * b, 1))
      throw new ShapeError(
        `reshape keeps the number of elements: [${x.shape.join(', ')}] does not fill [${shape.join(', ')}]`,
      );
    return tf.reshape(x, shape);
  }),
  kernel(ops.transposeOp, ({ tf }, { permutation }, x) => tf.transpose(x, [...permutation])),
  kernel(ops.sliceOp, ({ tf, shape }, { axis, start, end }, x) => {
    if (end > x.shape[axis]!)
      throw new ShapeError(`slice up to ${end} is outside axis ${axis} of [${x.shape.join(', ')}]`);
    return tf.slice(
      x,
      shape.map((_, i) => (i === axis ? start : 0)),
      shape,
    );
  }),
  kernel(ops.padOp, ({ tf, shape }, { axis, before, after }, x) =>
    tf.pad(
      x,
      shape.map((_, i) => (i === axis ? [before, after] : [0, 0])),
    ),
  ),
  kernel(ops.concatOp, ({ tf, shape }, { axis }, ...inputs) => {
    const lengths = inputs.map((x) => x.shape[axis]!);
    if (lengths.reduce((a, b) => a + b, 0) !== shape[axis])
      throw new ShapeError(
        `concat of lengths ${lengths.join(' and ')} was declared to have length ${shape[axis]}`,
      );
    return tf.concat(inputs, axis);
  }),
  kernel(ops.broadcastToOp, ({ tf, shape }, _, x) => tf.broadcastTo(x, shape)),
  kernel(ops.rangeOp, ({ tf, shape }) => tf.range(0, shape[0]!, 1, 'int32')),
];
