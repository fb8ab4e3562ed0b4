// gelu, silu and relu: values, extremes, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { gelu } from './gelu.js';
import { relu } from './relu.js';
import { silu } from './silu.js';

const geluTanh = (x: Tensor) => gelu(x, { approximate: 'tanh' });

// [activation, its name, values at -2, 0 and 1]
const cases = [
  ['gelu', gelu, [-0.04550026389635842, 0, 0.8413447460685429]],
  ['gelu', geluTanh, [-0.04540230591222097, 0, 0.8411919906082768]],
  ['silu', silu, [-0.2384058440442351, 0, 0.7310585786300049]],
  ['relu', relu, [0, 0, 1]],
] as const;

describe.each(cases)('%s', (name, activation, expected) => {
  test('values', () => {
    const x = float32(Float64Array.of(-2, 0, 1));
    const { data } = evaluateFunction((t) => activation(t), [x], { precision: 'float64' });
    expect([...data]).toEqual(expected.map((v) => expect.closeTo(v, 14)));
  });

  test('far from 0 it is x or 0; NaN stays', () => {
    const { data } = evaluateFunction((t) => activation(t), [float32([1e4, -1e4, Number.NaN])]);
    expect([...data].map((v) => v + 0)).toEqual([1e4, 0, Number.NaN]);
  });

  test('keeps the shape and refuses other dtypes', () => {
    expect(activation(input('x', ['time', 3]))).toMatchObject({ shape: ['time', 3], op: { name } });
    expect(() => activation(input('x', [1], 'int32'))).toThrow(`${name} needs float32, got int32`);
  });

  test('gradient', () => {
    checkGradient((t) => activation(t), [float32([0.3, -1.1, 2.7, -0.05, -3.2, 1.9], [2, 3])]);
    checkGradient((t) => activation(t), [float32([1e4, -1e4])]);
  });
});
