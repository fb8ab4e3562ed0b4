// softmax and crossEntropy: values, axes, extreme logits, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { float32, int32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { crossEntropy } from './cross-entropy.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { softmax } from './softmax.js';

const nan = Number.NaN;
const close = (...expected: number[]) => expected.map((v) => expect.closeTo(v, 6));
const logits = float32([0, Math.log(3), Math.log(2), 0], [2, 2]);
const x = float32([0.3, -1.1, 2.7, -0.05, 0.9, 1.9], [2, 3]);

describe('softmax', () => {
  test('over the last and over another axis', () => {
    expect([...evaluateFunction((t) => softmax(t), [logits]).data]).toEqual(
      close(1 / 4, 3 / 4, 2 / 3, 1 / 3),
    );
    expect([...evaluateFunction((t) => softmax(t, 0), [logits]).data]).toEqual(
      close(1 / 3, 3 / 4, 2 / 3, 1 / 4),
    );
    expect(softmax(input('x', ['time', 3])).attributes).toEqual({ axis: 1 });
  });

  test('logits of ±1e4, hidden ones and NaN', () => {
    const extreme = float32([1e4, 1e4, -1e4, -Infinity, 0, 0, nan, 0, 0], [3, 3]);
    const { data } = evaluateFunction((t) => softmax(t), [extreme]);
    expect([...data]).toEqual([0.5, 0.5, 0, 0, 0.5, 0.5, nan, nan, nan]);
  });

  test('errors', () => {
    expect(() => softmax(input('x', [2, 3]), 2)).toThrow('axis 2 is outside a tensor of rank 2');
    expect(() => softmax(input('x', [2], 'int32'))).toThrow('softmax needs float32, got int32');
  });

  test('gradient', () => {
    checkGradient((t) => softmax(t), [x]);
    checkGradient((t) => softmax(t, 0), [x], { shapes: [['time', 3]] });
  });
});

describe('crossEntropy', () => {
  test('loss of each row in nats', () => {
    const result = evaluateFunction(crossEntropy, [logits, int32([1, 1])]);
    expect(result.shape).toEqual([2]);
    expect([...result.data]).toEqual(close(-Math.log(3 / 4), -Math.log(1 / 3)));
  });

  test('logits of ±1e4 and NaN', () => {
    const extreme = float32([1e4, -1e4, 1e4, -1e4, nan, 0], [3, 2]);
    expect([...evaluateFunction(crossEntropy, [extreme, int32([0, 1, 1])]).data]).toEqual([0, 2e4, nan]);
  });

  test('errors', () => {
    const rows = input('logits', ['n', 5]);
    expect(crossEntropy(rows, input('targets', ['n'], 'int32')).shape).toEqual(['n']);
    expect(() => crossEntropy(rows, input('targets', ['m'], 'int32'))).toThrow(
      'crossEntropy needs logits [n, V] and targets [n], got [n, 5] and [m]',
    );
    expect(() => crossEntropy(rows, input('targets', ['n']))).toThrow(
      'crossEntropy needs float32 logits and int32 targets, got float32 and float32',
    );
    expect(() => evaluateFunction(crossEntropy, [logits, int32([0, 2])])).toThrow(
      'crossEntropy: target 2 of row 1 is outside 2 classes',
    );
    expect(() => evaluateFunction(crossEntropy, [logits, int32([-1, 0])])).toThrow('target -1 of row 0');
  });

  test('gradient, also where the loss is saturated', () => {
    checkGradient(crossEntropy, [x, int32([2, 0])]);
    checkGradient(crossEntropy, [x, int32([2, 0])], { shapes: [['n', 3], ['n']] });
    checkGradient(crossEntropy, [float32([1e4, -1e4, 1e4, -1e4], [2, 2]), int32([0, 1])], {
      tolerance: 1e-5,
    });
  });
});
