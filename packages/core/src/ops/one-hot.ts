// oneHot: rows with a single 1 at each id.
import { ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype } from './checks.js';

export interface OneHotAttributes {
  /** Number of classes. */
  readonly depth: number;
}

export const oneHotOp: Op<OneHotAttributes> = {
  name: 'oneHot',
  infer: ([ids], { depth }) => {
    requireDtype('oneHot', 'int32', ids);
    if (!(Number.isInteger(depth) && depth >= 1))
      throw new ShapeError(`oneHot needs a positive integer depth, got ${depth}`);
    return { shape: [...ids!.shape, depth], dtype: 'float32' };
  },
  evaluate: ([ids], { depth }, { shape, floats }) => {
    const data = floats(ids!.data.length * depth);
    ids!.data.forEach((id, i) => {
      if (id < 0 || id >= depth)
        throw new RangeError(`oneHot: id ${id} at position ${i} is outside ${depth} classes`);
      data[i * depth + id] = 1;
    });
    return { dtype: 'float32', shape, data };
  },
};

/** ids int32 [...] → float32 [..., depth], 1 at each id and 0 elsewhere. @throws RangeError at run time for ids outside */
export function oneHot(ids: Tensor, depth: number): Tensor {
  return apply(oneHotOp, [ids], { depth });
}
