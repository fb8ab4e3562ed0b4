// What reductions over axes share: axes and shapes, totals, and the builder.
import {
  type Dim,
  formatShape,
  normalizeAxis,
  numberOfElements,
  type Shape,
  ShapeError,
  stridesOf,
} from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/values.js';
import { requireDtype } from './checks.js';
import { reshape } from './reshape.js';
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
export function totalsOf(x: Value, axes: readonly number[]): Float64Array {
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const offsets = offsetsOf(x.shape, strides);
  const totals = new Float64Array(numberOfElements(kept));
  for (let i = 0; i < offsets.length; i++) totals[offsets[i]!]! += x.data[i]!;
  return totals;
}

export function reduceOp(
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

export interface ReduceOptions {
  /** Axes to reduce, from the end if negative. @default all */
  axes?: readonly number[];
  /** Keep reduced axes with length 1. @default false */
  keepDims?: boolean;
}

export function reduce(op: Op<ReduceAttributes>): (x: Tensor, options?: ReduceOptions) => Tensor {
  return (x, options = {}) => {
    const rank = x.shape.length;
    const axes = (options.axes ?? x.shape.map((_, axis) => axis)).map((axis) => normalizeAxis(axis, rank));
    if (new Set(axes).size !== axes.length)
      throw new ShapeError(`${op.name} needs each axis once, got ${formatShape(options.axes ?? [])}`);
    return apply(op, [x], { axes: axes.toSorted((a, b) => a - b), keepDims: options.keepDims ?? false });
  };
}
