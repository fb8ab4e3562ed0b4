// attention: values, masks, grouped heads, extremes, errors, gradient.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { float32, type Value } from '../tensor/values.js';
import { type AttentionOptions, attention } from './attention.js';
import { decomposeAttention } from './attention-decomposition.js';
import { checkGradient } from './check-gradient.test.support.js';
import { evaluateFunction } from './evaluate-function.test.support.js';

const nan = Number.NaN;
const close = (...expected: number[]) => expected.map((v) => expect.closeTo(v, 5));

/** Fixed values between -1.5 and 1.5 that differ from element to element. */
function values(shape: readonly number[], seed: number): Value {
  const length = shape.reduce((a, b) => a * b, 1);
  return float32(
    Array.from({ length }, (_, i) => 1.5 * Math.sin(12.9898 * (i + 1) + 78.233 * seed)),
    shape,
  );
}

function run(inputs: readonly Value[], options: AttentionOptions): number[] {
  return [...evaluateFunction((q, k, v, bias) => attention(q, k, v, { ...options, bias }), inputs).data];
}

describe('values', () => {
  // One head of size 1. Scores of query 2 are 0 and ln 3, so its weights are 1/4 and 3/4; query 0 is indifferent.
  const q = float32([0, 2], [1, 2, 1]);
  const k = float32([0, Math.log(3) / 2], [1, 2, 1]);
  const v = float32([4, 8], [1, 2, 1]);

  test('a mean of the values, weighted by softmax of the scores', () => {
    expect(run([q, k, v], { heads: 1 })).toEqual(close(6, 7));
  });

  test('causal: the first query sees the first key only', () => {
    expect(run([q, k, v], { heads: 1, causal: true })).toEqual(close(4, 7));
  });

  test('the scale is 1/sqrt(headSize) unless it is given', () => {
    expect(run([q, k, v], { heads: 1, scale: 0 })).toEqual(close(6, 6));
    const wide = [float32([2, 0, 0, 0], [1, 1, 4]), float32([0, 0, 0, 0, Math.log(3), 0, 0, 0], [1, 2, 4])];
    expect(run([...wide, float32([4, 0, 0, 0, 8, 0, 0, 0], [1, 2, 4])], { heads: 1 })).toEqual(
      close(7, 0, 0, 0),
    );
  });

  test('the bias is added to the scaled scores; -Infinity and large negative numbers hide a key', () => {
    const bias = (...b: number[]) => float32(b, [1, b.length]);
    expect(run([q, k, v, bias(Math.log(3), 0)], { heads: 1 })).toEqual(close(5, 6));
    for (const hidden of [-Infinity, -1e9])
      expect(run([q, k, v, bias(hidden, 0)], { heads: 1 })).toEqual([8, 8]);
    expect(run([q, k, v, float32([0, -Infinity, -Infinity, 0], [2, 2])], { heads: 1 })).toEqual([4, 8]);
  });

  test('query heads share key heads in consecutive groups', () => {
    // Scale 0: each head returns the mean value of its key head. Heads 0, 1 read key head 0; 2, 3 read key head 1.
    const queries = values([1, 2, 4], 1);
    const keys = values([1, 2, 2], 2);
    const twoHeads = float32([1, 10, 3, 30], [1, 2, 2]);
    expect(run([queries, keys, twoHeads], { heads: 4, kvHeads: 2, scale: 0 })).toEqual([
      2, 2, 20, 20, 2, 2, 20, 20,
    ]);
  });

  test('as many keys as there are, for each batch item its own', () => {
    const result = run(
      [values([2, 1, 1], 1), values([2, 3, 1], 2), float32([1, 2, 6, 10, 20, 60], [2, 3, 1])],
      {
        heads: 1,
        scale: 0,
      },
    );
    expect(result).toEqual(close(3, 30));
  });

  test('scores of ±1e8, NaN, and rows that are hidden entirely', () => {
    const extreme = [float32([1e4, -1e4], [1, 2, 1]), float32([1e4, -1e4], [1, 2, 1]), v];
    expect(run(extreme, { heads: 1 })).toEqual([4, 8]);
    expect(run([float32([nan, 1], [1, 2, 1]), k, v], { heads: 1 })[0]).toBeNaN();
    expect(run([float32([nan, 0], [1, 2, 1]), k, v], { heads: 1 })[1]).toBeCloseTo(6);
    expect(run([q, k, v, float32([-Infinity], [1, 1])], { heads: 1 })).toEqual([nan, nan]);
  });
});

test('the decomposition gives the same values', () => {
  const attributes = { heads: 4, kvHeads: 2, causal: true, scale: 0.7, hasBias: true };
  const inputs = [values([2, 5, 12], 1), values([2, 5, 6], 2), values([2, 5, 6], 3), values([4, 1, 5], 4)];
  const fused = run(inputs, attributes);
  const parts = evaluateFunction((q, k, v, bias) => decomposeAttention(q, k, v, attributes, bias), inputs);
  expect([...parts.data]).toEqual(close(...fused));
});

describe('shapes and errors', () => {
  const q = input('q', ['batch', 'time', 24]);
  const k = input('k', ['batch', 'keys', 12]);

  test('sizes and choices are in the attributes', () => {
    expect(attention(q, k, k, { heads: 4, kvHeads: 2 })).toMatchObject({
      shape: ['batch', 'time', 24],
      attributes: { heads: 4, kvHeads: 2, causal: false, scale: 1 / Math.sqrt(6), hasBias: false },
    });
    const bias = input('bias', ['time', 'keys']);
    expect(attention(q, k, k, { heads: 4, kvHeads: 2, bias })).toMatchObject({
      inputs: [q, k, k, bias],
      attributes: { hasBias: true },
    });
  });

  test('what does not fit', () => {
    expect(() => attention(q, k, k, { heads: 3, kvHeads: 2 })).toThrow(
      'attention needs heads to be a multiple of kvHeads, got 3 and 2',
    );
    expect(() => attention(q, q, q, { heads: 5 })).toThrow(
      'attention needs a width that 5 heads divide, got q [batch, time, 24]',
    );
    expect(() => attention(q, k, k, { heads: 4 })).toThrow(
      'attention needs k [batch, keys, 24] for q [batch, time, 24], 4 heads and 4 kvHeads, got [batch, keys, 12]',
    );
    expect(() => attention(q, k, input('v', ['batch', 'time', 12]), { heads: 4, kvHeads: 2 })).toThrow(
      'attention needs v [batch, keys, 12]',
    );
    expect(() => attention(q, k, k, { heads: 4, kvHeads: 2, causal: true })).toThrow(
      'causal attention needs as many keys as queries, got keys and time',
    );
    expect(() => attention(q, k, k, { heads: 4, kvHeads: 2, bias: input('bias', ['keys', 'time']) })).toThrow(
      'attention needs a bias that broadcasts to [batch, 4, time, keys], got [keys, time]',
    );
    expect(() => attention(input('q', ['time', 24]), k, k, { heads: 4, kvHeads: 2 })).toThrow(
      'attention needs q [batch, time, heads*headSize], got [time, 24]',
    );
    expect(() =>
      attention(q, k, input('v', ['batch', 'keys', 12], 'int32'), { heads: 4, kvHeads: 2 }),
    ).toThrow('attention needs float32, got float32 and float32 and int32');
  });
});

describe('gradient', () => {
  test('one head for each query head, no mask, more keys than queries', () => {
    checkGradient(
      (q, k, v) => attention(q, k, v, { heads: 2 }),
      [values([2, 2, 4], 1), values([2, 3, 4], 2), values([2, 3, 4], 3)],
    );
  });

  test('grouped heads, causal, with a bias that hides keys', () => {
    const bias = float32([0, 0, -0.4, 0.3, 0.1, 0.2, -Infinity, 0.5, 0], [3, 3]);
    checkGradient(
      (q, k, v, b) => attention(q, k, v, { heads: 4, kvHeads: 2, causal: true, scale: 0.8, bias: b }),
      [values([1, 3, 8], 1), values([1, 3, 4], 2), values([1, 3, 4], 3), bias],
      { wrt: [0, 1, 2] },
    );
  });

  test('of the bias, summed over the axes that it is broadcast along; symbolic lengths', () => {
    checkGradient(
      (q, k, v, b) => attention(q, k, v, { heads: 2, kvHeads: 1, causal: true, bias: b }),
      [values([2, 3, 4], 1), values([2, 3, 2], 2), values([2, 3, 2], 3), values([2, 1, 3], 4)],
      {
        shapes: [
          ['batch', 'time', 4],
          ['batch', 'time', 2],
          ['batch', 'time', 2],
          [2, 1, 'time'],
        ],
      },
    );
  });
});
