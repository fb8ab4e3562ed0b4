// pad: zeros before and after, along one axis; the gradient of slice.
import { formatShape, normalizeAxis, ShapeError, stridesOf } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype, requireNumber } from './checks.js';
import { slice } from './slice.js';
import { offsetsOf } from './strided.js';

export interface PadAttributes {
  /** Counted from the start. */
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

export const padOp: Op<PadAttributes> = {
  name: 'pad',
  infer: ([x], { axis, before, after }) => {
    requireDtype('pad', 'float32', x);
    if (![before, after].every((count) => Number.isInteger(count) && count >= 0))
      throw new ShapeError(`pad needs non-negative integers, got before ${before} and after ${after}`);
    const length = requireNumber('pad', `axis ${axis} of ${formatShape(x!.shape)}`, x!.shape[axis]);
    return { shape: x!.shape.with(axis, before + length + after), dtype: 'float32' };
  },
  evaluate: ([x], { axis, before }, { shape, floats }) => {
    const strides = stridesOf(shape);
    const offsets = offsetsOf(x!.shape, strides, before * strides[axis]!);
    const data = floats(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < offsets.length; i++) data[offsets[i]!] = x!.data[i]!;
    return { dtype: 'float32', shape, data };
  },
  gradient: ({ shape, attributes: { axis, before, after } }, upstream) => [
    slice(upstream, { axis, start: before, end: (shape[axis] as number) - after }),
  ],
};

/** x with `before` and `after` zeros added along `axis`, whose length is a number. */
export function pad(x: Tensor, { axis, before, after }: PadAttributes): Tensor {
  return apply(padOp, [x], { axis: normalizeAxis(axis, x.shape.length), before, after });
}
