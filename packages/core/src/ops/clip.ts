// clip: limits each element to [min, max].
import { ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype } from './checks.js';
import { equal } from './compare.js';
import { where } from './where.js';

export interface ClipAttributes {
  readonly min: number;
  readonly max: number;
}

export const clipOp: Op<ClipAttributes> = {
  name: 'clip',
  infer: ([x], { min, max }) => {
    requireDtype('clip', 'float32', x);
    if (!(min <= max)) throw new ShapeError(`clip needs min <= max, got ${min} and ${max}`);
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x], { min, max }, { shape, floats }) => {
    const data = floats(x!.data.length);
    for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(x!.data[i]!, min), max);
    return { dtype: 'float32', shape, data };
  },
  // The gradient passes where nothing was clipped, the bounds included.
  gradient: (y, upstream) => [where(equal(y.inputs[0]!, y), upstream, 0)],
};

/** x limited to [min, max]; NaN stays NaN. */
export function clip(x: Tensor, { min, max }: ClipAttributes): Tensor {
  return apply(clipOp, [x], { min, max });
}
