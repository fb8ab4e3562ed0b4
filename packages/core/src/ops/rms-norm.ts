// rmsNorm: x / sqrt(mean(x^2) + epsilon) over the last axis, then scale (arXiv 1910.07467).
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype } from './checks.js';
import { add, multiply, reciprocal, sqrt, subtract } from './elementwise.js';
import { mean } from './reduce.js';
import { sumTo } from './sum.js';

export interface RmsNormAttributes {
  /** Added to the mean square. */
  readonly epsilon: number;
  readonly hasScale: boolean;
}

export const rmsNormOp: Op<RmsNormAttributes> = {
  name: 'rmsNorm',
  infer: ([x, scale]) => {
    requireDtype('rmsNorm', 'float32', x, scale);
    if (x!.shape.length < 1) throw new ShapeError('rmsNorm needs x [..., d], got a scalar');
    const d = x!.shape.at(-1)!;
    if (scale && (scale.shape.length !== 1 || scale.shape[0] !== d))
      throw new ShapeError(`rmsNorm needs a scale [${d}], got ${formatShape(scale.shape)}`);
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x, scale], { epsilon }, { shape, floats }) => {
    const data = floats(x!.data.length);
    const d = shape.at(-1)!;
    for (let start = 0; start < data.length; start += d) {
      let squares = 0;
      for (let i = 0; i < d; i++) squares += x!.data[start + i]! ** 2;
      const inverse = 1 / Math.sqrt(squares / d + epsilon);
      for (let i = 0; i < d; i++)
        data[start + i] = x!.data[start + i]! * inverse * (scale ? scale.data[i]! : 1);
    }
    return { dtype: 'float32', shape, data };
  },
  // With n = x r and g = dy * scale: dx = r (g - n mean(g n)).
  gradient: ({ inputs: [x, scale], attributes: { epsilon } }, upstream) => {
    const lastAxis = { axes: [-1], keepDims: true };
    const inverse = reciprocal(sqrt(add(mean(multiply(x!, x!), lastAxis), epsilon)));
    const normalized = multiply(x!, inverse);
    const g = scale ? multiply(upstream, scale) : upstream;
    const along = multiply(normalized, mean(multiply(g, normalized), lastAxis));
    const dx = multiply(inverse, subtract(g, along));
    return scale ? [dx, sumTo(multiply(upstream, normalized), scale.shape)] : [dx];
  },
};

/** x [..., d] divided by its root mean square over the last axis, times scale [d] if there is one; same shape. */
export function rmsNorm(x: Tensor, scale: Tensor | undefined, epsilon: number): Tensor {
  return apply(rmsNormOp, scale ? [x, scale] : [x], { epsilon, hasScale: scale !== undefined });
}
