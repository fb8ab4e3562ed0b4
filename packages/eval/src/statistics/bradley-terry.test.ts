// Ratings worked by hand, and ratings that are known, found again from judgments that were drawn with them.
import { randomKey } from '@maria/core';
import { expect, test } from 'vitest';
import { bradleyTerry, type PairCounts, ratings, summed } from './bradley-terry.js';

const pair = (a: number, b: number, winsOfA: number, winsOfB: number, ties = 0): PairCounts => ({
  a,
  b,
  winsOfA,
  winsOfB,
  ties,
});
const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

test('two: the odds are those of the wins, half a win given each way', () => {
  // 9.5 + 0.5 against 0.5 + 0.5: odds of 10 to 1.
  const [a, b] = bradleyTerry(2, [pair(0, 1, 9.5, 0.5)]);
  expect(a! - b!).toBeCloseTo(400, 6);
  expect((a! + b!) / 2).toBeCloseTo(1000, 9);
  // Without a prior, 3 wins to 1 are odds of 3.
  const [c, d] = bradleyTerry(2, [pair(0, 1, 3, 1)], 0);
  expect(c! - d!).toBeCloseTo(400 * Math.log10(3), 6);
});

test('three in a row, by hand', () => {
  // Strengths 4, 2, 1 give exactly these shares of 6, 5 and 3 judgments: 4/6, 4/5, 2/3.
  const found = bradleyTerry(3, [pair(0, 1, 4, 2), pair(0, 2, 4, 1), pair(1, 2, 2, 1)], 0);
  const expected = [4, 2, 1].map((strength) => 1000 + 400 * Math.log10(strength / 2));
  found.forEach((rating, i) => {
    expect(rating).toBeCloseTo(expected[i]!, 6);
  });
});

test('ties only are equal ratings, and a tie is half a win each way', () => {
  expect(bradleyTerry(3, [pair(0, 1, 0, 0, 5), pair(1, 2, 0, 0, 7)])).toEqual([1000, 1000, 1000]);
  expect(bradleyTerry(2, [pair(0, 1, 2, 0, 2)])).toEqual(bradleyTerry(2, [pair(0, 1, 3, 1)]));
});

test('one that never loses has a rating, and those who never met, too', () => {
  const found = bradleyTerry(4, [pair(0, 1, 50, 0), pair(2, 3, 0, 50)]);
  expect(found.every(Number.isFinite)).toBe(true);
  expect(found[0]).toBeGreaterThan(found[1]!);
  expect(found[3]).toBeGreaterThan(found[2]!);
  expect(mean(found)).toBeCloseTo(1000, 9);
});

test('known ratings are found again within their intervals', () => {
  const known = [1150, 1050, 1000, 800];
  const key = randomKey(11);
  let draw = 0;
  const groups = Array.from({ length: 150 }, () =>
    known.flatMap((ratingA, a) =>
      known.slice(a + 1).map((ratingB, i) => {
        const chance = 1 / (1 + 10 ** ((ratingB - ratingA) / 400));
        const wins = key.uniform(0, draw++) < chance ? 1 : 0;
        return pair(a, a + 1 + i, wins, 1 - wins);
      }),
    ),
  );
  const found = ratings(4, groups, { seed: 1, rounds: 200 });
  expect(mean(found.map(({ value }) => value))).toBeCloseTo(1000, 6);
  found.forEach(({ value, low, high }, i) => {
    expect(low).toBeLessThan(known[i]!);
    expect(high).toBeGreaterThan(known[i]!);
    expect(Math.abs(value - known[i]!)).toBeLessThan(60);
    expect(high! - low!).toBeLessThan(120);
  });
  expect(ratings(4, groups, { seed: 1, rounds: 200 })).toEqual(found);
});

test('one group has no interval', () => {
  expect(ratings(2, [[pair(0, 1, 1, 0)]], { seed: 0, rounds: 10 })[0]).not.toHaveProperty('low');
});

test('counts of one pair are summed', () => {
  expect(summed([pair(0, 1, 1, 0, 2), pair(0, 1, 0, 3, 1), pair(1, 2, 1, 1)])).toEqual([
    pair(0, 1, 1, 3, 3),
    pair(1, 2, 1, 1),
  ]);
});
