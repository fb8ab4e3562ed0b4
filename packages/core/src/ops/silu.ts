// silu: x times sigmoid(x), also called swish.
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireDtype } from './checks.js';
import { add, multiply, sigmoid, subtract } from './elementwise.js';

export const siluOp: Op<NoAttributes> = {
  name: 'silu',
  infer: ([x]) => {
    requireDtype('silu', 'float32', x);
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x], _attributes, { shape, floats }) => {
    const data = floats(x!.data.length);
    for (let i = 0; i < data.length; i++) data[i] = x!.data[i]! / (1 + Math.exp(-x!.data[i]!));
    return { dtype: 'float32', shape, data };
  },
  // dx = s (1 + x (1 - s)) with s = sigmoid(x)
  gradient: ({ inputs: [x] }, upstream) => {
    const s = sigmoid(x!);
    return [multiply(upstream, multiply(s, add(multiply(x!, subtract(1, s)), 1)))];
  },
};

/** x / (1 + e^-x), same shape as `x`. */
export function silu(x: Tensor): Tensor {
  return apply(siluOp, [x], {});
}
