// matmulAdd: values, transposition, extremes, errors, gradients.
import { expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { matmulAdd } from './matmul-add.js';

const plain = (x: Tensor, y: Tensor, z: Tensor) => matmulAdd(x, y, z);
const a = float32([1, 2, 3, 4, 5, 6], [3, 2]);
const b = float32([1, -1, 0.5, 2], [2, 2]);
const c = float32([10, 20, 30, 40, 50, 60], [3, 2]);

test('values, with either factor transposed', () => {
  const expected = float32([12, 23, 35, 45, 58, 67], [3, 2]);
  expect(evaluateFunction(plain, [a, b, c])).toEqual(expected);
  const aT = float32([1, 3, 5, 2, 4, 6], [2, 3]);
  const bT = float32([1, 0.5, -1, 2], [2, 2]);
  const both = { transposeA: true, transposeB: true };
  expect(evaluateFunction((x, y, z) => matmulAdd(x, y, z, both), [aT, bT, c])).toEqual(expected);
});

test('no rows, NaN and infinity', () => {
  expect(evaluateFunction(plain, [float32([], [0, 2]), b, float32([], [0, 2])]).shape).toEqual([0, 2]);
  const extreme = float32([Number.NaN, 0, 0, Number.POSITIVE_INFINITY, 0, 0], [3, 2]);
  expect([...evaluateFunction(plain, [a, b, extreme]).data]).toEqual([
    Number.NaN,
    3,
    5,
    Number.POSITIVE_INFINITY,
    8,
    7,
  ]);
});

test('shapes and errors', () => {
  const x = input('x', ['time', 2]);
  const w = input('w', [2, 4]);
  expect(matmulAdd(x, w, input('c', ['time', 4])).shape).toEqual(['time', 4]);
  expect(() => matmulAdd(x, w, input('c', [4]))).toThrow(
    "matmulAdd needs matrices and c of the product's shape [time, 4], got [4]",
  );
  expect(() => matmulAdd(x, input('w', [3, 4]), input('c', ['time', 4]))).toThrow('got [time, 2] and [3, 4]');
  expect(() => matmulAdd(x, w, input('c', ['time', 4], 'int32'))).toThrow('matmulAdd needs float32');
});

test('gradient', () => {
  checkGradient(plain, [a, b, c]);
  checkGradient(
    (x, y, z) => matmulAdd(x, y, z, { transposeA: true, transposeB: true }),
    [a, float32([1, -1, 2], [1, 3]), float32([1, 2], [2, 1])],
  );
});
