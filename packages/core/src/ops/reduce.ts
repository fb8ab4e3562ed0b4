// The mean over axes.
import { constant } from '../tensor/leaves.js';
import { productOfShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { divide } from './binary.js';
import { reduce, reduceOp, totalsOf } from './reduce-op.js';
import { broadcastTo, sum } from './sum.js';

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

/** Arithmetic mean over axes; NaN over no elements. */
export const mean = reduce(meanOp);
