// Reductions over axes by another rule than the sum: mean and max.
import { constant } from '../tensor/leaves.js';
import { productOfShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { divide, multiply } from './binary.js';
import { cast } from './cast.js';
import { equal } from './compare.js';
import { fold, reduce, reduceOp } from './reduce-op.js';
import { broadcastTo, sum } from './sum.js';

export const meanOp = reduceOp(
  'mean',
  (x, axes) => {
    const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
    return fold(x, axes, 0, (total, v) => total + v).map((total) => total / count);
  },
  (x, upstream, _result, axes) =>
    broadcastTo(divide(upstream, countOf(axes.map((axis) => x.shape[axis]!))), x.shape),
);

export const maxOp = reduceOp(
  'max',
  (x, axes) => fold(x, axes, -Infinity, Math.max),
  // Equal maxima share the gradient.
  (x, upstream, result, axes) => {
    const isMax = cast(equal(x, result), 'float32');
    return multiply(isMax, divide(upstream, sum(isMax, { axes, keepDims: true })));
  },
);

/** The product of dimensions as a float32 scalar; counted at run time if one of them is symbolic. */
function countOf(dims: Shape): Tensor {
  const count = productOfShape(dims);
  if (typeof count === 'number') return constant(float32([count], []));
  return sum(broadcastTo(constant(float32([1], [])), dims));
}

/** Arithmetic mean over axes; NaN over no elements. */
export const mean = reduce(meanOp);
/** Largest element over axes; NaN if one is NaN, -Infinity over no elements. */
export const max = reduce(maxOp);
