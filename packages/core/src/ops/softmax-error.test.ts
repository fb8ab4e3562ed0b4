// softmaxError: values of whole logits and of a part, extremes.
import { expect, test } from 'vitest';
import type { Tensor } from '../tensor/tensor.js';
import { float32, int32 } from '../tensor/values.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { logSumExp } from './log-sum-exp.js';
import { softmaxError } from './softmax-error.js';

const ofWhole = (...[logits, targets]: Tensor[]) =>
  softmaxError(logits!, logSumExp([logits!]), targets!, { axis: 1, firstClass: 0 });

test('is the softmax less 1 at the target', () => {
  const logits = float32([0, Math.log(3), 0, 0, 0, Math.log(2)], [2, 3]);
  const { data } = evaluateFunction(ofWhole, [logits, int32([1, 0])], { precision: 'float64' });
  [0.2, 0.6 - 1, 0.2, 0.25 - 1, 0.25, 0.5].forEach((expected, i) => {
    expect(data[i]).toBeCloseTo(expected, 7);
  });
});

test('a part knows the normaliser and its first class, with either axis', () => {
  const part = (axis: 0 | 1) => (logits?: Tensor, normalizer?: Tensor, targets?: Tensor) =>
    softmaxError(logits!, normalizer!, targets!, { axis, firstClass: 10 });
  const given = [float32([2, 3]), int32([11, 9])];
  const [a, b] = [Math.exp(1 - 2), Math.exp(2 - 2)];
  const [c, d] = [Math.exp(0 - 3), Math.exp(3 - 3)];
  const close = (numbers: number[]) => numbers.map((x) => expect.closeTo(x, 6));
  expect([...evaluateFunction(part(1), [float32([1, 2, 0, 3], [2, 2]), ...given]).data]).toEqual(
    close([a, b - 1, c, d]),
  );
  expect([...evaluateFunction(part(0), [float32([1, 0, 2, 3], [2, 2]), ...given]).data]).toEqual(
    close([a, c, b - 1, d]),
  );
});

test('large logits, equal logits, no tokens', () => {
  const large = evaluateFunction(ofWhole, [float32([1e4, -1e4], [1, 2]), int32([1])]);
  expect([...large.data]).toEqual([1, -1]);
  const equal = evaluateFunction(ofWhole, [float32([-1e2, -1e2], [1, 2]), int32([0])]);
  expect([...equal.data]).toEqual([expect.closeTo(-0.5, 5), expect.closeTo(0.5, 5)]);
  expect(evaluateFunction(ofWhole, [float32([], [0, 2]), int32([])]).shape).toEqual([0, 2]);
});
