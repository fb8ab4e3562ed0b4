// logSoftmax over one axis: x - max - log sum exp(x - max), stable for logits of any size.
import { normalizeAxis } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype } from './checks.js';
import { exp, multiply, subtract } from './elementwise.js';
import { sum } from './sum.js';

export interface LogSoftmaxAttributes {
  /** Counted from the start. */
  readonly axis: number;
}

export const logSoftmaxOp: Op<LogSoftmaxAttributes> = {
  name: 'logSoftmax',
  infer: ([x]) => {
    requireDtype('logSoftmax', 'float32', x);
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x], { axis }, { shape, floats }) => {
    const data = floats(x!.data.length);
    const length = shape[axis]!;
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    for (let start = 0; start < data.length; start += length * inner) {
      for (let i = start; i < start + inner; i++) {
        let max = -Infinity;
        for (let k = 0; k < length; k++) max = Math.max(max, x!.data[i + k * inner]!);
        let total = 0;
        for (let k = 0; k < length; k++) total += Math.exp(x!.data[i + k * inner]! - max);
        const logTotal = Math.log(total);
        for (let k = 0; k < length; k++) data[i + k * inner] = x!.data[i + k * inner]! - max - logTotal;
      }
    }
    return { dtype: 'float32', shape, data };
  },
  // dx = dy - softmax(x) * sum(dy)
  gradient: (y, upstream) => {
    const total = sum(upstream, { axes: [y.attributes.axis], keepDims: true });
    return [subtract(upstream, multiply(exp(y), total))];
  },
};

/** Log-probabilities (natural log) along `axis` (the last by default), same shape as `x`. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply(logSoftmaxOp, [x], { axis: normalizeAxis(axis, x.shape.length) });
}
