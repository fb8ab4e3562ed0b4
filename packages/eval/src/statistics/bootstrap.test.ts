// The bootstrap on cases whose answer is known.
import { randomKey } from '@maria/core';
import { expect, test } from 'vitest';
import { bootstrapInterval, pairedDifference, quantile, ratioEstimate } from './bootstrap.js';

const units = (values: readonly number[]) => values.map((numerator) => ({ numerator, denominator: 1 }));

test('quantiles lie between neighbours in proportion', () => {
  expect(quantile([1, 2, 3, 4, 5], 0.5)).toBe(3);
  expect(quantile([0, 10], 0.25)).toBe(2.5);
  expect(quantile([7], 0.975)).toBe(7);
  expect(quantile([0, Number.POSITIVE_INFINITY], 1)).toBe(Number.POSITIVE_INFINITY);
});

test('a ratio is of sums, not a mean of ratios', () => {
  const { value } = ratioEstimate(
    [
      { numerator: 1, denominator: 1 },
      { numerator: 9, denominator: 4 },
    ],
    { seed: 0 },
  );
  expect(value).toBe(2);
});

test('units that are all the same have an interval of no width, and one unit has none', () => {
  expect(ratioEstimate(units([3, 3, 3]), { seed: 1 })).toEqual({ value: 3, low: 3, high: 3 });
  expect(ratioEstimate(units([3]), { seed: 1 })).toEqual({ value: 3 });
  expect(bootstrapInterval(0, () => 1, { seed: 1 })).toBeUndefined();
});

test('the interval of a mean is that of the normal distribution, 1.96 standard errors', () => {
  const key = randomKey(5);
  const values = Array.from({ length: 400 }, (_, i) => key.normal(0, i));
  const mean = values.reduce((a, b) => a + b) / 400;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 400);
  const { value, low, high } = ratioEstimate(units(values), { seed: 2, rounds: 2000 });
  expect(value).toBeCloseTo(mean, 12);
  const error = (1.96 * deviation) / 20;
  expect(Math.abs(low! - (mean - error))).toBeLessThan(0.15 * error);
  expect(Math.abs(high! - (mean + error))).toBeLessThan(0.15 * error);
});

test('the same seed gives the same interval, another one another', () => {
  const values = units([1, 5, 2, 8, 3, 9]);
  const one = ratioEstimate(values, { seed: 3 });
  expect(ratioEstimate(values, { seed: 3 })).toEqual(one);
  expect(ratioEstimate(values, { seed: 4 })).not.toEqual(one);
});

test('a paired difference takes out what both share', () => {
  const hard = [10, 1, 7, 3, 20, 2];
  const a = units(hard);
  const b = units(hard.map((value) => value - 0.5));
  const { value, low, high } = pairedDifference(a, b, { seed: 0 });
  expect(value).toBeCloseTo(0.5, 12);
  expect(low).toBeCloseTo(0.5, 9);
  expect(high).toBeCloseTo(0.5, 9);
  expect(() => pairedDifference(a, b.slice(1), { seed: 0 })).toThrow(RangeError);
});
