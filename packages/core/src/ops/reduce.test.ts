// sum, mean and sumTo: values, axes, extremes, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { float32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { mean } from './reduce.js';
import { sum, sumTo } from './sum.js';

const nan = Number.NaN;
const x = float32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 3, 2]);

describe('values', () => {
  test('over all axes by default, to a scalar', () => {
    expect(evaluateFunction((t) => sum(t), [x])).toEqual(float32([78], []));
    expect(evaluateFunction((t) => mean(t), [x])).toEqual(float32([6.5], []));
  });

  test('over chosen axes, kept or not', () => {
    expect(evaluateFunction((t) => sum(t, { axes: [1] }), [x])).toEqual(float32([9, 12, 27, 30], [2, 2]));
    expect(evaluateFunction((t) => mean(t, { axes: [-1, 0], keepDims: true }), [x])).toEqual(
      float32([4.5, 6.5, 8.5], [1, 3, 1]),
    );
    expect(evaluateFunction((t) => sum(t, { axes: [] }), [x])).toEqual(x);
  });

  test('±1e4, NaN, infinity and no elements', () => {
    const rows = float32([1e4, -1e4, nan, 0, -Infinity, 1], [3, 2]);
    expect([...evaluateFunction((t) => sum(t, { axes: [1] }), [rows]).data]).toEqual([0, nan, -Infinity]);
    const nothing = float32([], [2, 0]);
    expect([...evaluateFunction((t) => sum(t, { axes: [1] }), [nothing]).data]).toEqual([0, 0]);
    expect([...evaluateFunction((t) => mean(t, { axes: [1] }), [nothing]).data]).toEqual([nan, nan]);
  });

  test('small numbers are not lost beside large ones', () => {
    const large = 2 ** 24;
    expect([...evaluateFunction((t) => sum(t), [float32([large, 1, 1, -large])]).data]).toEqual([2]);
  });
});

describe('shapes and errors', () => {
  test('axes are counted from the start in the attributes', () => {
    const t = input('x', ['batch', 'time', 8]);
    expect(mean(t, { axes: [-1, 0] })).toMatchObject({
      shape: ['time'],
      attributes: { axes: [0, 2], keepDims: false },
    });
    expect(sum(t, { axes: [1], keepDims: true }).shape).toEqual(['batch', 1, 8]);
  });

  test('what does not fit', () => {
    const t = input('x', [2, 3]);
    expect(() => sum(t, { axes: [2] })).toThrow('axis 2 is outside a tensor of rank 2');
    expect(() => sum(t, { axes: [1, -1] })).toThrow('sum needs each axis once, got [1, -1]');
    expect(() => mean(input('ids', [2], 'int32'))).toThrow('mean needs float32, got int32');
    expect(() => sumTo(t, [2])).toThrow('sumTo needs a shape that broadcasts to [2, 3], got [2]');
  });
});

test('sumTo sums leading axes and axes of length 1', () => {
  expect(evaluateFunction((t) => sumTo(t, [3, 1]), [x])).toEqual(float32([18, 26, 34], [3, 1]));
  expect(evaluateFunction((t) => sumTo(t, []), [x])).toEqual(float32([78], []));
  const t = input('x', ['time', 3]);
  expect(sumTo(t, ['time', 3])).toBe(t);
  expect(sumTo(t, [1, 3]).shape).toEqual([1, 3]);
});

describe('gradients', () => {
  const values = float32([0.3, -1.1, 2.7, -0.05, 0.9, 1.9], [2, 3]);
  test.each([
    ['sum', sum],
    ['mean', mean],
  ] as const)('%s', (_name, reduce) => {
    for (const axes of [[0], [1], [0, 1]])
      for (const keepDims of [false, true]) {
        checkGradient((t) => reduce(t, { axes, keepDims }), [values]);
        checkGradient((t) => reduce(t, { axes, keepDims }), [values], { shapes: [['batch', 'time']] });
      }
  });
});
