// relu: max(x, 0).
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireDtype } from './checks.js';
import { lessOrEqual, where } from './elementwise.js';

export const reluOp: Op<NoAttributes> = {
  name: 'relu',
  infer: ([x]) => {
    requireDtype('relu', 'float32', x);
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x], _attributes, { shape, floats }) => {
    const data = floats(x!.data.length);
    for (let i = 0; i < data.length; i++) data[i] = Math.max(x!.data[i]!, 0);
    return { dtype: 'float32', shape, data };
  },
  gradient: ({ inputs: [x] }, upstream) => [where(lessOrEqual(x!, 0), 0, upstream)],
};

/** max(x, 0), same shape as `x`; NaN stays NaN. */
export function relu(x: Tensor): Tensor {
  return apply(reluOp, [x], {});
}
