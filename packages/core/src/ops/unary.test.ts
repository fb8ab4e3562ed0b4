// Functions of one tensor: values, special numbers, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { cos, erf, exp, log, negate, reciprocal, sigmoid, sin, sqrt, tanh } from './elementwise.js';
import { evaluateFunction } from './evaluate-function.test.support.js';

const nan = Number.NaN;
const run = (op: (x: Tensor) => Tensor, ...x: number[]) => [
  ...evaluateFunction(op, [float32(Float64Array.from(x))], { precision: 'float64' }).data,
];

const ops = { negate, exp, log, sqrt, tanh, erf, sigmoid, sin, cos, reciprocal };

test.each([
  ['negate', [0.5, -0.5]],
  ['exp', [0.5, 1.6487212707001282]],
  ['log', [0.5, -Math.LN2]],
  ['sqrt', [0.25, 0.5]],
  ['tanh', [0.5, 0.462117157260009]],
  ['erf', [0.5, 0.5204998778130465]],
  ['erf', [-2, -0.9953222650189527]],
  ['erf', [4, 0.9999999845827421]],
  ['sigmoid', [0.5, 0.6224593312018546]],
  ['sin', [0.5, 0.479425538604203]],
  ['cos', [0.5, 0.8775825618903728]],
  ['reciprocal', [0.5, 2]],
] as const)('%s of %o', (name, [x, expected]) => {
  expect(ops[name](input('x', [1])).op.name).toBe(name);
  expect(run(ops[name], x)[0]).toBeCloseTo(expected, 14);
});

test('large and special numbers', () => {
  const x = [1e4, -1e4, nan] as const;
  expect(run(exp, ...x)).toEqual([Infinity, 0, nan]);
  expect(run(tanh, ...x)).toEqual([1, -1, nan]);
  expect(run(erf, ...x)).toEqual([1, -1, nan]);
  expect(run(sigmoid, ...x)).toEqual([1, 0, nan]);
  expect(run(log, 0, -1, nan)).toEqual([-Infinity, nan, nan]);
  expect(run(sqrt, 1e8, -1, nan)).toEqual([1e4, nan, nan]);
  expect(run(reciprocal, 1e4, 0, nan)).toEqual([1e-4, Infinity, nan]);
  expect(run(erf, 0, 1e-300, Infinity)).toEqual([0, expect.closeTo(0), 1]);
});

test('float32 results are rounded to float32', () => {
  expect([...evaluateFunction(exp, [float32([1])]).data]).toEqual([Math.fround(Math.E)]);
});

test('shape is kept, names included; other dtypes are refused', () => {
  expect(tanh(input('x', ['time', 4])).shape).toEqual(['time', 4]);
  expect(() => exp(input('ids', [3], 'int32'))).toThrow('exp needs float32, got int32');
});

describe('gradients', () => {
  const positive = float32([0.3, 1.1, 2.7, 0.05], [2, 2]);
  const anySign = float32([0.3, -1.1, 2.7, -0.05, 0, 1.9], [2, 3]);
  test.each(Object.entries(ops))('%s', (name, op) => {
    checkGradient(op, [['log', 'sqrt', 'reciprocal'].includes(name) ? positive : anySign]);
  });

  test('saturated functions give zero, not NaN', () => {
    const far = float32([1e4, -1e4]);
    for (const op of [tanh, erf, sigmoid]) checkGradient(op, [far]);
  });
});
