// softmax, logSumExp and crossEntropy: values, axes, extreme logits, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32, int32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { crossEntropy } from './cross-entropy.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { logSumExp } from './log-sum-exp.js';
import { transpose } from './shape-ops.js';
import { split } from './slice.js';
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
  const losses = (t?: Tensor, targets?: Tensor) => crossEntropy(t!, targets!);
  /** [2, V] as the columns 0 .. at and the rest, or the same of [V, 2]. */
  const inParts =
    (axis: 0 | 1, at: number) =>
    (...[t, targets]: Tensor[]) => {
      const V = t!.shape[1] as number;
      const all = axis === 1 ? t! : transpose(t!, [1, 0]);
      return crossEntropy(split(all, [at, V - at], axis), targets!, { axis });
    };
  const forms = [losses, inParts(1, 1), inParts(1, 2), inParts(0, 1)];

  test.each(forms)('loss of each token in nats (%#)', (form) => {
    const wide = float32([0, Math.log(3), 0, Math.log(2), 0, 0], [2, 3]);
    const result = evaluateFunction(form, [wide, int32([1, 2])]);
    expect(result.shape).toEqual([2]);
    expect([...result.data]).toEqual(close(-Math.log(3 / 5), -Math.log(1 / 4)));
  });

  test('logits of ±1e4 and NaN', () => {
    const extreme = float32([1e4, -1e4, 1e4, -1e4, nan, 0], [3, 2]);
    for (const form of [losses, inParts(1, 1), inParts(0, 1)])
      expect([...evaluateFunction(form, [extreme, int32([0, 1, 1])]).data]).toEqual([0, 2e4, nan]);
  });

  test('errors', () => {
    const rows = input('logits', ['n', 5]);
    expect(crossEntropy(rows, input('targets', ['n'], 'int32')).shape).toEqual(['n']);
    expect(() => crossEntropy(rows, input('targets', ['m'], 'int32'))).toThrow(
      'crossEntropy needs logits [n, V] and targets [n], got [n, 5] and [m]',
    );
    expect(() => crossEntropy(input('logits', [5, 'n']), input('t', ['m'], 'int32'), { axis: 0 })).toThrow(
      'crossEntropy needs logits [V, n] and targets [n], got [5, n] and [m]',
    );
    expect(() => crossEntropy(rows, input('targets', ['n']))).toThrow(
      'crossEntropy needs float32 logits and int32 targets, got float32 and float32',
    );
    expect(() => logSumExp([rows, input('more', ['m', 5])])).toThrow(
      'logSumExp needs parts of as many tokens, got [n, 5] and [m, 5]',
    );
    for (const form of [losses, inParts(1, 1), inParts(0, 1)]) {
      expect(() => evaluateFunction(form, [logits, int32([0, 2])])).toThrow(
        'crossEntropy: target 2 of row 1 is outside 2 classes',
      );
      expect(() => evaluateFunction(form, [logits, int32([-1, 0])])).toThrow('target -1 of row 0');
    }
  });

  test.each(forms)('gradient, also where the loss is saturated (%#)', (form) => {
    checkGradient(form, [x, int32([2, 0])]);
    checkGradient(form, [x, int32([1, 2])], { shapes: [['n', 3], ['n']] });
    const saturated = float32([1e4, -1e4, 0, 1e4, -1e4, 0], [2, 3]);
    checkGradient(form, [saturated, int32([0, 1])], { tolerance: 1e-5 });
  });

  test('gradient of the normaliser', () => {
    checkGradient((t) => logSumExp([t!]), [x]);
    checkGradient((t) => logSumExp(split(t!, [1, 2], 1)), [x]);
    checkGradient((t) => logSumExp([t!], { axis: 0 }), [x]);
  });
});
