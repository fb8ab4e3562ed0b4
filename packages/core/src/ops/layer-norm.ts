// layerNorm: (x - mean) / sqrt(variance + epsilon) over the last axis, then scale and bias (arXiv 1607.06450).
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype } from './checks.js';
import { add, multiply, reciprocal, sqrt, subtract } from './elementwise.js';
import { mean } from './reduce.js';
import { sumTo } from './sum.js';

export interface LayerNormAttributes {
  /** Added to the variance. */
  readonly epsilon: number;
  readonly hasScale: boolean;
  readonly hasBias: boolean;
}

export const layerNormOp: Op<LayerNormAttributes> = {
  name: 'layerNorm',
  infer: ([x, ...parameters]) => {
    requireDtype('layerNorm', 'float32', x, ...parameters);
    if (x!.shape.length < 1) throw new ShapeError('layerNorm needs x [..., d], got a scalar');
    const d = x!.shape.at(-1)!;
    for (const { shape } of parameters)
      if (shape.length !== 1 || shape[0] !== d)
        throw new ShapeError(`layerNorm needs scale and bias [${d}], got ${formatShape(shape)}`);
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x, ...parameters], { epsilon, hasScale, hasBias }, { shape, floats }) => {
    const scale = hasScale ? parameters[0] : undefined;
    const bias = hasBias ? parameters.at(-1) : undefined;
    const data = floats(x!.data.length);
    const d = shape.at(-1)!;
    for (let start = 0; start < data.length; start += d) {
      let total = 0;
      for (let i = 0; i < d; i++) total += x!.data[start + i]!;
      const mean = total / d;
      let squares = 0;
      for (let i = 0; i < d; i++) squares += (x!.data[start + i]! - mean) ** 2;
      const inverse = 1 / Math.sqrt(squares / d + epsilon);
      for (let i = 0; i < d; i++)
        data[start + i] =
          (x!.data[start + i]! - mean) * inverse * (scale ? scale.data[i]! : 1) + (bias ? bias.data[i]! : 0);
    }
    return { dtype: 'float32', shape, data };
  },
  // With n = (x - mean) r and g = dy * scale: dx = r (g - mean(g) - n mean(g n)).
  gradient: ({ inputs, attributes: { epsilon, hasScale, hasBias } }, upstream) => {
    const [x, ...parameters] = inputs as readonly [Tensor, ...Tensor[]];
    const lastAxis = { axes: [-1], keepDims: true };
    const centered = subtract(x, mean(x, lastAxis));
    const variance = mean(multiply(centered, centered), lastAxis);
    const inverse = reciprocal(sqrt(add(variance, epsilon)));
    const normalized = multiply(centered, inverse);
    const g = hasScale ? multiply(upstream, parameters[0]!) : upstream;
    const along = multiply(normalized, mean(multiply(g, normalized), lastAxis));
    const gradients = [multiply(inverse, subtract(subtract(g, mean(g, lastAxis)), along))];
    if (hasScale) gradients.push(sumTo(multiply(upstream, normalized), parameters[0]!.shape));
    if (hasBias) gradients.push(sumTo(upstream, parameters.at(-1)!.shape));
    return gradients;
  },
};

export interface LayerNormOptions {
  /** [d] */
  scale?: Tensor | undefined;
  /** [d] */
  bias?: Tensor | undefined;
  epsilon: number;
}

/** x [..., d] normalised over its last axis, same shape. Without scale and bias it is the non-parametric norm of OLMo. */
export function layerNorm(x: Tensor, { scale, bias, epsilon }: LayerNormOptions): Tensor {
  const inputs = [x, scale, bias].filter((tensor) => tensor !== undefined);
  return apply(layerNormOp, inputs, { epsilon, hasScale: scale !== undefined, hasBias: bias !== undefined });
}
