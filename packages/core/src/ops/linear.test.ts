// linear: values, bias, any rank, errors, gradients.
import { expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { float32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { linear } from './linear.js';

const w = float32([1, 2, 3, 4, 5, 6], [3, 2]);
const bias = float32([0.5, 0, -0.5]);
const x = float32([1, -1, 2, 0.5], [2, 2]);

test('values, with and without bias', () => {
  expect(evaluateFunction(linear, [x, w])).toEqual(float32([-1, -1, -1, 3, 8, 13], [2, 3]));
  expect(evaluateFunction(linear, [x, w, bias])).toEqual(float32([-0.5, -1, -1.5, 3.5, 8, 12.5], [2, 3]));
  expect(evaluateFunction(linear, [float32([1, -1]), w])).toEqual(float32([-1, -1, -1]));
  expect(evaluateFunction(linear, [float32([], [0, 2]), w]).shape).toEqual([0, 3]);
});

test('large numbers and NaN', () => {
  const extreme = float32([1e4, -1e4, Number.NaN, 0], [2, 2]);
  expect([...evaluateFunction(linear, [extreme, w]).data]).toEqual([
    -1e4,
    -1e4,
    -1e4,
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
});

test('shapes and errors', () => {
  const t = input('x', ['batch', 'time', 2]);
  const weight = input('w', [3, 2]);
  expect(linear(t, weight)).toMatchObject({ shape: ['batch', 'time', 3], attributes: {} });
  expect(() => linear(t, input('w', [2, 3]))).toThrow(
    'linear needs x [..., in] and W [out, in], got [batch, time, 2] and [2, 3]',
  );
  expect(() => linear(t, weight, input('b', [2]))).toThrow('linear needs a bias [3], got [2]');
  expect(() => linear(input('ids', [2], 'int32'), weight)).toThrow(
    'linear needs float32, got int32 and float32',
  );
});

test('gradient', () => {
  checkGradient(linear, [x, w, bias]);
  checkGradient(linear, [float32([1, -1]), w]);
  checkGradient(linear, [float32([1, -1, 2, 0.5, 3, 1, 0, 2], [2, 2, 2]), w, bias], {
    shapes: [['batch', 'time', 2], undefined, undefined],
  });
});
