// cast: changes the dtype of a tensor.
import type { DType } from '../tensor/dtype.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { allocate } from './strided.js';

export interface CastAttributes {
  readonly to: DType;
}

export const castOp: Op<CastAttributes> = {
  name: 'cast',
  infer: ([x], { to }) => ({ shape: x!.shape, dtype: to }),
  evaluate: ([x], { to }, context) => {
    const data = allocate(to, x!.data.length, context);
    // An Int32Array truncates towards zero on assignment; bool is 1 for anything but 0, NaN included.
    for (let i = 0; i < data.length; i++) data[i] = to === 'bool' ? Number(x!.data[i] !== 0) : x!.data[i]!;
    return { dtype: to, shape: context.shape, data };
  },
  // Between different dtypes one side is not float32, and only float32 carries gradients.
  gradient: () => [null],
};

/** x as `to`: floats lose their fraction as int32; bool is false only for 0. Returns x itself if it has that dtype. */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : apply(castOp, [x], { to });
}
