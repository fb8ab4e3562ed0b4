// Comparisons, where, clip and cast: values, special numbers, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { bool, float32, int32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { cast, clip, equal, lessOrEqual, multiply, where } from './elementwise.js';
import { evaluateFunction } from './evaluate-function.test.support.js';

const nan = Number.NaN;

describe('lessOrEqual and equal', () => {
  test('broadcast, of floats and of integers', () => {
    const result = evaluateFunction(lessOrEqual, [int32([0, 1, 2], [1, 3]), int32([0, 1], [2, 1])]);
    expect(result).toEqual(bool([true, false, false, true, true, false], [2, 3]));
    expect(evaluateFunction(equal, [float32([1, 2, nan]), float32([1, 3, nan])])).toEqual(
      bool([true, false, false]),
    );
    expect(evaluateFunction(lessOrEqual, [float32([1, nan]), float32([nan, 1])])).toEqual(
      bool([false, false]),
    );
  });

  test('a number takes the dtype of the other operand', () => {
    expect(evaluateFunction((ids) => equal(ids, 7), [int32([7, 8])])).toEqual(bool([true, false]));
    expect(evaluateFunction((x) => lessOrEqual(0, x), [float32([-1, 0])])).toEqual(bool([false, true]));
  });

  test('mixed dtypes and bool are refused', () => {
    const ids = input('ids', [2], 'int32');
    expect(() => equal(ids, input('x', [2]))).toThrow('equal needs one dtype, got int32 and float32');
    expect(() => equal(ids, 0.5)).toThrow('an int32 tensor needs an integer beside it, got 0.5');
    const flags = input('flags', [2], 'bool');
    expect(() => lessOrEqual(flags, flags)).toThrow('lessOrEqual needs float32 or int32, got bool and bool');
  });
});

describe('where', () => {
  const condition = bool([true, false], [2, 1]);

  test('takes a or b, the three broadcasting', () => {
    const result = evaluateFunction(where, [condition, float32([1, 2, 3]), float32([4], [1, 1])]);
    expect(result).toEqual(float32([1, 2, 3, 4, 4, 4], [2, 3]));
    expect(evaluateFunction((c, ids) => where(c, ids, -1), [condition, int32([5, 6])])).toEqual(
      int32([5, 6, -1, -1], [2, 2]),
    );
  });

  test('NaN and infinity on the side that is not taken leave no trace', () => {
    const x = float32([nan, Infinity], [2, 1]);
    expect([...evaluateFunction((c, t) => where(c, 0, t), [condition, x]).data]).toEqual([0, Infinity]);
  });

  test('wrong operands are refused', () => {
    const x = input('x', [2]);
    expect(() => where(x, x, x)).toThrow('where (condition) needs bool, got float32');
    expect(() => where(input('c', [3], 'bool'), x, x)).toThrow('where: shapes [3] and [2] do not broadcast');
    expect(() => where(input('c', [2], 'bool'), x, input('ids', [2], 'int32'))).toThrow(
      'where needs one dtype, got float32 and int32',
    );
  });

  test('gradient goes to the side that was taken', () => {
    checkGradient(where, [condition, float32([1, 2, 3]), float32([4, 5], [2, 1])]);
  });
});

describe('clip', () => {
  test('limits to the bounds; NaN stays', () => {
    const x = float32([-1e4, -1, 0.5, 1e4, nan]);
    expect([...evaluateFunction((t) => clip(t, { min: -1, max: 2 }), [x]).data]).toEqual([
      -1,
      -1,
      0.5,
      2,
      nan,
    ]);
  });

  test('bounds in the wrong order and other dtypes are refused', () => {
    expect(() => clip(input('x', [1]), { min: 2, max: -1 })).toThrow('clip needs min <= max, got 2 and -1');
    expect(() => clip(input('x', [1], 'int32'), { min: 0, max: 1 })).toThrow('clip needs float32, got int32');
  });

  test('gradient passes inside the bounds only', () => {
    checkGradient((x) => multiply(clip(x, { min: -1, max: 2 }), x), [float32([-3, -0.5, 0, 1.9, 2.5])]);
  });
});

describe('cast', () => {
  test('truncates to integers, and to bool by comparing with 0', () => {
    const x = float32([1.9, -1.9, 0, nan]);
    expect(evaluateFunction((t) => cast(t, 'int32'), [x])).toEqual(int32([1, -1, 0, 0]));
    expect(evaluateFunction((t) => cast(t, 'bool'), [x])).toEqual(bool([true, true, false, true]));
    expect(evaluateFunction((t) => cast(t, 'float32'), [bool([true, false])])).toEqual(float32([1, 0]));
    expect(evaluateFunction((t) => cast(t, 'float32'), [int32([-7])])).toEqual(float32([-7]));
  });

  test('to its own dtype is nothing', () => {
    const x = input('x', ['time']);
    expect(cast(x, 'float32')).toBe(x);
    expect(cast(x, 'int32')).toMatchObject({ shape: ['time'], dtype: 'int32' });
  });
});
