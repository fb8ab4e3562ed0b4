// gelu: x times the normal distribution function of x, exact or in its tanh approximation (arXiv 1606.08415).
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype } from './checks.js';
import { add, erf, exp, multiply, subtract, tanh } from './elementwise.js';
import { erf as erfOf } from './erf.js';

export interface GeluAttributes {
  readonly approximate: 'none' | 'tanh';
}

const cubic = 0.044715;
const rootTwoOverPi = Math.sqrt(2 / Math.PI);

export const geluOp: Op<GeluAttributes> = {
  name: 'gelu',
  infer: ([x]) => {
    requireDtype('gelu', 'float32', x);
    return { shape: x!.shape, dtype: 'float32' };
  },
  evaluate: ([x], { approximate }, { shape, floats }) => {
    const data = floats(x!.data.length);
    for (let i = 0; i < data.length; i++) {
      const v = x!.data[i]!;
      const gate =
        approximate === 'tanh' ? Math.tanh(rootTwoOverPi * (v + cubic * v * v * v)) : erfOf(v * Math.SQRT1_2);
      data[i] = 0.5 * v * (1 + gate);
    }
    return { dtype: 'float32', shape, data };
  },
  // With y = x/2 (1 + g(x)): dy = (1 + g)/2 + x/2 g'.
  gradient: (y, upstream) => {
    const x = y.inputs[0]!;
    const square = multiply(x, x);
    let gate: Tensor;
    let slope: Tensor;
    if (y.attributes.approximate === 'tanh') {
      gate = tanh(multiply(multiply(x, rootTwoOverPi), add(multiply(square, cubic), 1)));
      const inner = multiply(add(multiply(square, 3 * cubic), 1), rootTwoOverPi);
      slope = multiply(subtract(1, multiply(gate, gate)), inner);
    } else {
      gate = erf(multiply(x, Math.SQRT1_2));
      slope = multiply(exp(multiply(square, -0.5)), rootTwoOverPi);
    }
    const derivative = multiply(add(add(gate, 1), multiply(x, slope)), 0.5);
    return [multiply(upstream, derivative)];
  },
};

/** x Φ(x), same shape as `x`. `approximate` is `none` by default (the exact form with erf). */
export function gelu(x: Tensor, { approximate = 'none' }: Partial<GeluAttributes> = {}): Tensor {
  return apply(geluOp, [x], { approximate });
}
