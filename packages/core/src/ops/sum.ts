// sum over axes and broadcastTo, each of which is the other's gradient.
import { formatShape, type Shape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { broadcastsTo } from './checks.js';
import { reduce, reduceOp, totalsOf } from './reduce-op.js';
import { broadcastStrides, readStrided } from './strided.js';

export const sumOp = reduceOp('sum', totalsOf, (x, upstream) => broadcastTo(upstream, x.shape));

/** Sum over axes; 0 over no elements. */
export const sum = reduce(sumOp);

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

export interface BroadcastToAttributes {
  readonly shape: Shape;
}

export const broadcastToOp: Op<BroadcastToAttributes> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => {
    if (!broadcastsTo(x!.shape, shape))
      throw new ShapeError(
        `broadcastTo needs a shape that ${formatShape(x!.shape)} broadcasts to, got ${formatShape(shape)}`,
      );
    return { shape, dtype: x!.dtype };
  },
  evaluate: ([x], _attributes, context) =>
    readStrided(x!, broadcastStrides(x!.shape, context.shape), context),
  gradient: ({ inputs: [x] }, upstream) => [sumTo(upstream, x!.shape)],
};

/** x repeated to `shape`, by NumPy's rule. Names in `shape` take their lengths from the program's inputs. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return apply(broadcastToOp, [x], { shape });
}
