// softmaxError: values, extremes, errors.
import { expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { float32, int32 } from '../tensor/values.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { softmaxError } from './softmax-error.js';

test('is the softmax less 1 at the target', () => {
  const logits = float32([0, Math.log(3), 0, 0, 0, Math.log(2)], [2, 3]);
  const { data } = evaluateFunction(softmaxError, [logits, int32([1, 0])], { precision: 'float64' });
  [0.2, 0.6 - 1, 0.2, 0.25 - 1, 0.25, 0.5].forEach((expected, i) => {
    expect(data[i]).toBeCloseTo(expected, 7);
  });
});

test('large logits, equal logits, no rows', () => {
  const large = evaluateFunction(softmaxError, [float32([1e4, -1e4], [1, 2]), int32([1])]);
  expect([...large.data]).toEqual([1, -1]);
  expect([...evaluateFunction(softmaxError, [float32([-1e4, -1e4], [1, 2]), int32([0])]).data]).toEqual([
    -0.5, 0.5,
  ]);
  expect(evaluateFunction(softmaxError, [float32([], [0, 2]), int32([])]).shape).toEqual([0, 2]);
});

test('errors', () => {
  expect(() => softmaxError(input('x', ['n', 3]), input('t', ['m'], 'int32'))).toThrow(
    'crossEntropy needs logits [n, V] and targets [n], got [n, 3] and [m]',
  );
  const logits = float32([1, 2], [1, 2]);
  expect(() => evaluateFunction(softmaxError, [logits, int32([2])])).toThrow(
    'target 2 of row 0 is outside 2 classes',
  );
});
