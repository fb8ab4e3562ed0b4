// The objective: its mean over masked tokens, and its program against logits written out.
import { expect, it } from 'vitest';
import { checkGradient } from '../ops/check-gradient.test.support.js';
import { evaluateFunction } from '../ops/evaluate-function.test.support.js';
import { sum } from '../ops/sum.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32, int32 } from '../tensor/values.js';
import { objectiveLosses, objectiveOf } from './objective.js';

it('is the mean over all masked tokens', () => {
  expect(objectiveOf([1, 2, 6])).toEqual({ loss: 3, perplexity: Math.exp(3), tokens: 3 });
  expect(objectiveOf([]).loss).toBeNaN();
});

const values = [
  float32([1, 0.5, -1, 2], [2, 2]),
  float32([0.3, -0.7], [2, 1]),
  float32([0.1, 0.2, -0.3, 0.4, 0.5, -0.6], [3, 2]),
  float32([0.7, -0.8, 0.9], [3, 1]),
  float32([0.01, 0.02, -0.03]),
];
const targets = int32([2, 0]);

function losses(...[ar, mlm, wAr, wMlm, bias, ids]: Tensor[]): Tensor {
  return objectiveLosses({ ar: ar!, mlm: mlm! }, [{ ar: wAr!, mlm: wMlm!, bias: bias! }], ids!);
}

it('is minus the log-probability of the target under W_ar h_ar + W_mlm h_mlm + b', () => {
  const { data } = evaluateFunction(losses, [...values, targets], { precision: 'float64' });
  const [ar, mlm, wAr, wMlm, bias] = values.map((value) => [...value.data]) as [
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  for (const [row, target] of targets.data.entries()) {
    const logits = [0, 1, 2].map(
      (v) =>
        ar[2 * row]! * wAr[2 * v]! + ar[2 * row + 1]! * wAr[2 * v + 1]! + mlm[row]! * wMlm[v]! + bias[v]!,
    );
    const total = logits.reduce((s, x) => s + Math.exp(x), 0);
    expect(data[row]).toBeCloseTo(Math.log(total) - logits[target]!, 10);
  }
});

it('has a gradient', () => {
  checkGradient((...inputs) => sum(losses(...inputs)), [...values, targets]);
});
