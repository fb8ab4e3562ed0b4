// The largest logit and the sum of exponentials: near the exact ones, and the same bits in WebAssembly and one by one.
import { expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { plainTotal, totalOf, vectorTotal } from './log-normalizer.js';

const key = randomKey(7);
const logitsOf = (count: number, spread: number, stream = 0) =>
  Float32Array.from({ length: count }, (_, i) => spread * key.normal(stream, i));
const inVectors = vectorTotal()!;

it.each([1, 2, 3, 7, 8, 4096, 50_281])(
  'has the same bits in WebAssembly and one by one, %d logits',
  (count) => {
    for (const [stream, spread] of [0, 0.1, 3, 20, 80, 1e4].entries()) {
      const logits = logitsOf(count, spread, stream);
      expect(inVectors(logits)).toEqual(plainTotal(logits));
      for (let i = 1; i < count; i += 5) logits[i] = -Infinity;
      expect(inVectors(logits)).toEqual(plainTotal(logits));
    }
  },
);

it('does not depend on what was summed before', () => {
  const few = logitsOf(5, 2);
  const before = inVectors(few);
  inVectors(logitsOf(100_001, 2));
  expect(inVectors(few)).toEqual(before);
});

it('is the sum of exponentials', () => {
  const logits = logitsOf(4096, 12);
  const max = logits.reduce((a, b) => Math.max(a, b));
  const exact = logits.reduce((total, logit) => total + Math.exp(logit - max), 0);
  const found = totalOf(logits);
  expect(found.max).toBe(max);
  expect(found.sum / exact).toBeCloseTo(1, 13);
});

it.each([plainTotal, inVectors])('leaves out what may not be chosen, and keeps NaN', (total) => {
  expect(total(Float32Array.of(-Infinity, 3, -Infinity, 3, -1e30))).toEqual({ max: 3, sum: 2 });
  for (const bad of [
    [1, Number.NaN, 3],
    [Number.NaN],
    [1, Number.POSITIVE_INFINITY],
    [-Infinity, -Infinity],
    [],
  ])
    expect(total(Float32Array.from(bad)).sum).toBeNaN();
});
