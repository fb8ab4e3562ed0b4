// exp of numbers up to zero: within a few units of the last place, and at its limits.
import { expect, it } from 'vitest';
import { expOfNegative } from './exponential.js';

it('is exp, to a few units of the last place', () => {
  let worst = 0;
  for (let i = 0; i <= 200_000; i++) {
    const x = -i / 4000 - (i % 7) * 1e-9;
    worst = Math.max(worst, Math.abs(expOfNegative(x) / Math.exp(x) - 1));
  }
  expect(worst).toBeLessThan(1e-14);
});

it.each([
  [0, 1],
  [-0, 1],
  [-1e-300, 1],
  [-700, Math.exp(-700)],
  [-Infinity, 0],
  [Number.NaN, Number.NaN],
])('of %d is %d', (x, expected) => {
  expect(expOfNegative(x)).toBe(expected);
});
