// softmax over one axis: exp(x - max) / sum, stable for logits of any size.
import { normalizeAxis } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype } from './checks.js';
import { multiply, subtract } from './elementwise.js';
import { sum } from './sum.js';

export interface SoftmaxAttributes {
  /** Counted from the start. */
  readonly axis: number;
}

export const softmaxOp: Op<SoftmaxAttributes> = {
  name: 'softmax',
  infer: ([x]) => {
    requireDtype('softmax', 'float32', x);
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
        for (let k = 0; k < length; k++)
          data[i + k * inner] = Math.exp(x!.data[i + k * inner]! - max) / total;
      }
    }
    return { dtype: 'float32', shape, data };
  },
  // dx = y * (dy - sum(dy * y))
  gradient: (y, upstream) => {
    const dot = sum(multiply(upstream, y), { axes: [y.attributes.axis], keepDims: true });
    return [multiply(y, subtract(upstream, dot))];
  },
};

/** Probabilities along `axis` (the last by default), same shape as `x`. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply(softmaxOp, [x], { axis: normalizeAxis(axis, x.shape.length) });
}
