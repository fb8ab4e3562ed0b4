// slice: a range of one axis, and split: an axis cut into ranges; pad: zeros around a range. Each is the other's gradient.
import { constant } from '../tensor/leaves.js';
import {
  type Dim,
  formatShape,
  normalizeAxis,
  productOfShape,
  ShapeError,
  stridesOf,
} from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { int32 } from '../tensor/values.js';
import { requireDtype, requireNumber } from './checks.js';
import { scatterRows } from './embedding.js';
import { reshape } from './reshape.js';
import { offsetsOf, readStrided } from './strided.js';
import { transpose } from './transpose.js';

export interface SliceAttributes {
  /** Counted from the start. */
  readonly axis: number;
  /** First index, counted from the start. */
  readonly start: number;
  /** Index after the last, counted from the start. */
  readonly end: number;
}

export const sliceOp: Op<SliceAttributes> = {
  name: 'slice',
  infer: ([x], { axis, start, end }) => {
    const length = x!.shape[axis]!;
    const fits = Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end;
    if (!fits || (typeof length === 'number' && end > length))
      throw new ShapeError(
        `slice needs 0 <= start <= end <= ${length} on axis ${axis} of ${formatShape(x!.shape)}, got ${start} and ${end}`,
      );
    return { shape: x!.shape.with(axis, end - start), dtype: x!.dtype };
  },
  evaluate: ([x], { axis, start, end }, context) => {
    if (end > x!.shape[axis]!)
      throw new ShapeError(`slice up to ${end} is outside axis ${axis} of ${formatShape(x!.shape)}`);
    const strides = stridesOf(x!.shape);
    return readStrided(x!, strides, context, start * strides[axis]!);
  },
  gradient: ({ inputs: [x], attributes: { axis, start, end } }, upstream) => {
    const length = x!.shape[axis]!;
    if (typeof length === 'number') return [pad(upstream, { axis, before: start, after: length - end })];
    return [scatterAlong(upstream, axis, start, length)];
  },
};

/** Puts x at `start` of a zero tensor whose axis has a symbolic length, which pad cannot express. */
function scatterAlong(x: Tensor, axis: number, start: number, length: Dim): Tensor {
  const count = x.shape[axis] as number;
  const indices = constant(int32(Array.from({ length: count }, (_, i) => start + i)));
  const rest = x.shape.toSpliced(axis, 1);
  const axes = x.shape.map((_, i) => i);
  const axisFirst = [axis, ...axes.toSpliced(axis, 1)];
  const rows = reshape(transpose(x, axisFirst), [count, productOfShape(rest)]);
  const scattered = reshape(scatterRows(indices, rows, length), [length, ...rest]);
  return transpose(
    scattered,
    axes.map((i) => axisFirst.indexOf(i)),
  );
}

export interface SliceOptions {
  axis: number;
  /** First index, from the end if negative. @default 0 */
  start?: number;
  /** Index after the last, from the end if negative. @default the length of the axis */
  end?: number;
}

/**
 * Indices start .. end - 1 of `axis`. On an axis of symbolic length both bounds are non-negative numbers, checked at
 * run time, because "time - 3" is no dimension.
 */
export function slice(x: Tensor, options: SliceOptions): Tensor {
  const axis = normalizeAxis(options.axis, x.shape.length);
  const length = x.shape[axis]!;
  const { start = 0, end } = options;
  if (typeof length === 'number') {
    const fromStart = (index: number) => (index < 0 ? index + length : index);
    return apply(sliceOp, [x], { axis, start: fromStart(start), end: fromStart(end ?? length) });
  }
  if (end === undefined || end < 0 || start < 0)
    throw new ShapeError(
      `slice needs non-negative numbers as bounds on the symbolic axis "${length}" of ${formatShape(x.shape)}, got ${start} and ${end}`,
    );
  return apply(sliceOp, [x], { axis, start, end });
}

/** Cuts `axis` (the last by default), whose length is a number, into consecutive parts of the given sizes. */
export function split(x: Tensor, sizes: readonly number[], axis = -1): Tensor[] {
  const index = normalizeAxis(axis, x.shape.length);
  const length = requireNumber('split', `axis ${axis} of ${formatShape(x.shape)}`, x.shape[index]);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== length)
    throw new ShapeError(
      `split needs sizes that add up to ${length}, got ${formatShape(sizes)} with the sum ${total}`,
    );
  let start = 0;
  return sizes.map((size) => {
    const part = slice(x, { axis: index, start, end: start + size });
    start += size;
    return part;
  });
}

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
