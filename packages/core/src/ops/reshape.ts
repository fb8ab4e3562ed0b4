// reshape: the same elements in row-major order under another shape.
import {
  type Dim,
  formatShape,
  multiplyDims,
  numberOfElements,
  productOfShape,
  type Shape,
  ShapeError,
} from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';

export interface ReshapeAttributes {
  readonly shape: Shape;
}

/** The names in a product of dimensions, without its number. */
function namesOf(product: Dim): string {
  return String(product).replace(/^\d+(\*|$)/, '');
}

export const reshapeOp: Op<ReshapeAttributes> = {
  name: 'reshape',
  infer: ([x], { shape }) => {
    for (const dim of shape)
      if (typeof dim === 'number' && !(Number.isInteger(dim) && dim >= 0))
        throw new ShapeError(`reshape needs non-negative integers or names, got ${formatShape(shape)}`);
    const before = productOfShape(x!.shape);
    const after = productOfShape(shape);
    // Products of different names may still agree at run time; evaluation checks those.
    if (before !== after && namesOf(before) === namesOf(after))
      throw new ShapeError(
        `reshape keeps the number of elements: ${formatShape(x!.shape)} has ${before}, ${formatShape(shape)} has ${after}`,
      );
    return { shape, dtype: x!.dtype };
  },
  evaluate: ([x], _attributes, { shape }) => {
    if (numberOfElements(shape) !== x!.data.length)
      throw new ShapeError(
        `reshape keeps the number of elements: ${formatShape(x!.shape)} does not fill ${formatShape(shape)}`,
      );
    return { ...x!, shape };
  },
  gradient: ({ inputs: [x] }, upstream) => [reshape(upstream, x!.shape)],
};

/** x under another shape with the same product, for example ["time", 8] → ["time", 2, 4]. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  // One spelling for each product, so that equal dimensions compare as equal.
  return apply(reshapeOp, [x], { shape: shape.map((dim) => multiplyDims(dim)) });
}
