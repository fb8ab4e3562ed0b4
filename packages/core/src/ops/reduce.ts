// Reductions over axes: sum and mean, and the sum back to a shape that was broadcast.
import { constant } from '../tensor/leaves.js';
import {
  type Dim,
  formatShape,
  normalizeAxis,
  numberOfElements,
  productOfShape,
  type Shape,
  ShapeError,
  stridesOf,
} from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { float32, type Value } from '../tensor/values.js';
import { broadcastsTo, requireDtype } from './checks.js';
import { divide } from './elementwise.js';
import { broadcastTo, reshape } from './shape-ops.js';
import { offsetsOf } from './strided.js';

export interface ReduceAttributes {
  /** Axes that are reduced, counted from the start, ascending. */
  readonly axes: readonly number[];
  /** Whether reduced axes stay, with length 1. */
  readonly keepDims: boolean;
}

function keptShape(shape: Shape, axes: readonly number[]): Dim[] {
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

/** Adds every element of `x` to the place that it reduces to, in double precision. */
function totalsOf(x: Value, axes: readonly number[]): Float64Array {
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const offsets = offsetsOf(x.shape, strides);
  const totals = new Float64Array(numberOfElements(kept));
  for (let i = 0; i < offsets.length; i++) totals[offsets[i]!]! += x.data[i]!;
  return totals;
}

function reduceOp(
  name: string,
  compute: (x: Value, axes: readonly number[]) => Float64Array,
  /** Gradient given x, and the upstream gradient with the reduced axes kept. */
  gradient: (x: Tensor, upstream: Tensor, axes: readonly number[]) => Tensor,
): Op<ReduceAttributes> {
  return {
    name,
    infer: ([x], { axes, keepDims }) => {
      requireDtype(name, 'float32', x);
      const shape = keepDims ? keptShape(x!.shape, axes) : x!.shape.filter((_, axis) => !axes.includes(axis));
      return { shape, dtype: 'float32' };
    },
    evaluate: ([x], { axes }, { shape, floats }) => {
      const totals = compute(x!, axes);
      const data = floats(totals.length);
      data.set(totals);
      return { dtype: 'float32', shape, data };
    },
    gradient: (y, upstream) => {
      const x = y.inputs[0]!;
      const { axes, keepDims } = y.attributes;
      const kept = keepDims ? upstream : reshape(upstream, keptShape(x.shape, axes));
      return [gradient(x, kept, axes)];
    },
  };
}

export const sumOp = reduceOp('sum', totalsOf, (x, upstream) => broadcastTo(upstream, x.shape));

export const meanOp = reduceOp(
  'mean',
  (x, axes) => {
    const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
    return totalsOf(x, axes).map((total) => total / count);
  },
  (x, upstream, axes) => broadcastTo(divide(upstream, countOf(axes.map((axis) => x.shape[axis]!))), x.shape),
);

/** The product of dimensions as a float32 scalar; counted at run time if one of them is symbolic. */
function countOf(dims: Shape): Tensor {
  const count = productOfShape(dims);
  if (typeof count === 'number') return constant(float32([count], []));
  return sum(broadcastTo(constant(float32([1], [])), dims));
}

export interface ReduceOptions {
  /** Axes to reduce, from the end if negative. @default all */
  axes?: readonly number[];
  /** Keep reduced axes with length 1. @default false */
  keepDims?: boolean;
}

function reduce(op: Op<ReduceAttributes>): (x: Tensor, options?: ReduceOptions) => Tensor {
  return (x, options = {}) => {
    const rank = x.shape.length;
    const axes = (options.axes ?? x.shape.map((_, axis) => axis)).map((axis) => normalizeAxis(axis, rank));
    if (new Set(axes).size !== axes.length)
      throw new ShapeError(`${op.name} needs each axis once, got ${formatShape(options.axes ?? [])}`);
    return apply(op, [x], { axes: axes.toSorted((a, b) => a - b), keepDims: options.keepDims ?? false });
  };
}

/** Sum over axes; 0 over no elements. */
export const sum = reduce(sumOp);
/** Arithmetic mean over axes; NaN over no elements. */
export const mean = reduce(meanOp);

/** Sums `x` over the axes along which `shape` was broadcast to x's shape: the gradient of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (!broadcastsTo(shape, x.shape))
    throw new ShapeError(
      `sumTo needs a shape that broadcasts to ${formatShape(x.shape)}, got ${formatShape(shape)}`,
    );
  const leading = x.shape.length - shape.length;
  const axes = x.shape.map((_, axis) => axis);
  const trailing = axes.filter(
    (axis) => axis >= leading && shape[axis - leading] === 1 && x.shape[axis] !== 1,
  );
  let total = x;
  if (trailing.length > 0) total = sum(total, { axes: trailing, keepDims: true });
  if (leading > 0) total = sum(total, { axes: axes.slice(0, leading) });
  return total;
}
