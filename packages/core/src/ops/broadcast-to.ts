// broadcastTo: repeats a tensor along its axes of length 1 and along new leading axes.
import { formatShape, type Shape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { broadcastsTo } from './checks.js';
import { sumTo } from './reduce.js';
import { broadcastStrides, readStrided } from './strided.js';

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
