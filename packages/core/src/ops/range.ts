// range: the integers from 0 up to a length, which may be known only at run time.
import { type Dim, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';

export interface RangeAttributes {
  readonly length: Dim;
}

export const rangeOp: Op<RangeAttributes> = {
  name: 'range',
  infer: (_inputs, { length }) => {
    if (typeof length === 'number' && !(Number.isInteger(length) && length >= 0))
      throw new ShapeError(`range needs a non-negative integer, got ${length}`);
    return { shape: [length], dtype: 'int32' };
  },
  evaluate: (_inputs, _attributes, { shape }) => {
    const data = new Int32Array(shape[0]!);
    for (let i = 0; i < data.length; i++) data[i] = i;
    return { dtype: 'int32', shape, data };
  },
};

/** 0 .. length - 1 as int32 [length]. A name takes its length from the program's inputs. */
export function range(length: Dim): Tensor {
  return apply(rangeOp, [], { length });
}
