// Entropy and distinct-n on cases worked out by hand.
import { expect, test } from 'vitest';
import { distinctN, tokenEntropy } from './token-diversity.js';

test.each([
  [[], 0],
  [[7], 0],
  [[7, 7, 7], 0],
  [[1, 2, 3, 4], Math.log(4)],
  // p = 1/2, 1/4, 1/4: (1/2) ln 2 + 2 (1/4) ln 4 = 1.5 ln 2
  [[5, 5, 9, 2], 1.5 * Math.LN2],
])('entropy of %j', (ids, expected) => {
  expect(tokenEntropy(Int32Array.from(ids))).toBeCloseTo(expected, 12);
});

test.each([
  [[], 1, 0],
  [[1], 2, 0],
  [[1, 2, 1, 2, 1], 1, 2 / 5],
  // 12 21 12 21: two of four
  [[1, 2, 1, 2, 1], 2, 2 / 4],
  // 121 212 121: two of three
  [[1, 2, 1, 2, 1], 3, 2 / 3],
  // 1,23 and 12,3 are not the same run
  [[1, 23, 12, 3], 2, 1],
])('distinct %j, n = %i', (ids, n, expected) => {
  expect(distinctN(ids, n)).toBeCloseTo(expected, 12);
});

test('n must be a count', () => {
  for (const n of [0, -1, 1.5, Number.NaN]) expect(() => distinctN([1, 2], n)).toThrow(RangeError);
});
