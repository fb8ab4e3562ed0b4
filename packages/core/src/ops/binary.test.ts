// Arithmetic: values, broadcasting, special numbers, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { float32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { add, divide, maximum, multiply, subtract } from './elementwise.js';
import { evaluateFunction } from './evaluate-function.test.support.js';

const a = float32([1, -2, 3, 4, 5, -6], [2, 3]);
const b = float32([2, 4, -8], [3]);
const nan = Number.NaN;

describe('values', () => {
  test.each([
    ['add', add, [3, 2, -5, 6, 9, -14]],
    ['subtract', subtract, [-1, -6, 11, 2, 1, 2]],
    ['multiply', multiply, [2, -8, -24, 8, 20, 48]],
    ['divide', divide, [0.5, -0.5, -0.375, 2, 1.25, 0.75]],
    ['maximum', maximum, [2, 4, 3, 4, 5, -6]],
  ] as const)('%s broadcasts a row over a matrix', (name, op, expected) => {
    const result = evaluateFunction(op, [a, b]);
    expect(op(input('a', [2, 3]), input('b', [3])).op.name).toBe(name);
    expect(result.shape).toEqual([2, 3]);
    expect([...result.data]).toEqual(expected);
  });

  test('a column and a row make a matrix; a number is a scalar on either side', () => {
    const column = float32([10, 20], [2, 1]);
    expect([...evaluateFunction(add, [column, b]).data]).toEqual([12, 14, 2, 22, 24, 12]);
    expect([...evaluateFunction((x) => subtract(1, x), [b]).data]).toEqual([-1, -3, 9]);
    expect([...evaluateFunction((x) => divide(x, 2), [b]).data]).toEqual([1, 2, -4]);
  });

  test('large values, infinity and NaN follow IEEE 754', () => {
    const x = float32([1e4, -1e4, nan, Infinity]);
    expect([...evaluateFunction((t) => multiply(t, t), [x]).data]).toEqual([1e8, 1e8, nan, Infinity]);
    expect([...evaluateFunction((t) => subtract(t, t), [x]).data]).toEqual([0, 0, nan, nan]);
    expect([...evaluateFunction((t) => divide(t, 0), [x]).data]).toEqual([
      Infinity,
      -Infinity,
      nan,
      Infinity,
    ]);
    expect([...evaluateFunction((t) => maximum(t, 0), [x]).data]).toEqual([1e4, 0, nan, Infinity]);
  });

  test('no elements give no elements', () => {
    expect(evaluateFunction(add, [float32([], [0, 3]), b]).shape).toEqual([0, 3]);
  });
});

describe('shapes and dtypes', () => {
  test('names broadcast with 1 and with themselves', () => {
    const x = input('x', ['batch', 'time', 8]);
    expect(multiply(x, input('y', ['time', 1])).shape).toEqual(['batch', 'time', 8]);
    expect(() => add(x, input('z', ['keys', 8]))).toThrow(
      'add: shapes [batch, time, 8] and [keys, 8] do not broadcast: time and keys differ',
    );
  });

  test('wrong operands are told with the rule and the values', () => {
    const x = input('x', [2, 3]);
    expect(() => multiply(x, input('y', [4]))).toThrow(
      'multiply: shapes [2, 3] and [4] do not broadcast: 3 and 4 differ',
    );
    expect(() => divide(x, input('ids', [3], 'int32'))).toThrow(
      'divide needs float32, got float32 and int32',
    );
  });
});

describe('gradients', () => {
  const row = float32([0.7, -1.3, 2.1], [3]);
  const column = float32([0.4, -0.9], [2, 1]);

  test.each([
    ['add', add],
    ['subtract', subtract],
    ['multiply', multiply],
    ['divide', divide],
    ['maximum', maximum],
  ] as const)('%s sums back over broadcast axes', (_name, op) => {
    checkGradient(op, [row, column]);
    checkGradient(op, [column, float32([0.31, -2.2, 1.7, 0.6, 3.3, -0.2], [2, 3])]);
    checkGradient((x) => op(x, 0.3), [row]);
    checkGradient(op, [row, column], { shapes: [['n'], ['m', 1]] });
  });
});
