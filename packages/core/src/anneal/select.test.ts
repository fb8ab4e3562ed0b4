// Which positions are masked again.
import { describe, expect, test } from 'vitest';
import { randomKey } from '../random.js';
import { type Selection, selections, selectPositions } from './select.js';

const free = [2, 3, 4, 5, 8, 9, 10, 11, 12, 13];
const confidence = [1, 1, 0.9, 0.2, 0.8, 0.1, 1, 1, 0.7, 0.3, 0.6, 0.5, 0.4, 0];

const select = (selection: Selection, count: number, seed = 0, spanLength = 3) =>
  selectPositions({ selection, free, count, confidence, spanLength, noise: randomKey(seed) });

/** How often each free position is among `count` chosen, over many seeds. */
function shares(selection: Selection, count: number, runs = 400): Map<number, number> {
  const seen = new Map(free.map((position) => [position, 0]));
  for (let seed = 0; seed < runs; seed++)
    for (const position of select(selection, count, seed)) seen.set(position, seen.get(position)! + 1 / runs);
  return seen;
}

describe.each(selections)('%s', (selection) => {
  test('chooses so many free positions, ascending, and the same for a seed', () => {
    for (const count of [1, 4, 9]) {
      const chosen = select(selection, count, 7);
      expect(chosen).toHaveLength(count);
      expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
      expect(free).toEqual(expect.arrayContaining(chosen));
      expect(select(selection, count, 7)).toEqual(chosen);
    }
    expect(select(selection, free.length)).toEqual(free);
  });

  test('depends on the seed, except by confidence alone', () => {
    const different = new Set(Array.from({ length: 10 }, (_, seed) => select(selection, 4, seed).join()))
      .size;
    if (selection === 'least-confident') expect(different).toBe(1);
    else expect(different).toBeGreaterThan(3);
  });
});

test('least-confident takes the lowest probabilities, zero first and the lower position among equals', () => {
  expect(select('least-confident', 3)).toEqual([3, 5, 13]);
  const equal = selectPositions({
    selection: 'least-confident',
    free,
    count: 2,
    confidence: confidence.map(() => 0.5),
    spanLength: 1,
    noise: randomKey(0),
  });
  expect(equal).toEqual([2, 3]);
});

test('uniform does not look at confidence, gumbel leans to the low ones', () => {
  for (const share of shares('uniform', 4).values()) expect(share).toBeCloseTo(0.4, 0);
  const leaning = shares('gumbel', 4);
  expect(leaning.get(5)!).toBeGreaterThan(leaning.get(2)! + 0.3);
  expect(leaning.get(2)!).toBeGreaterThan(0);
  expect(leaning.get(13)).toBeCloseTo(1, 9);
});

test('spans are runs of neighbours in the order of free positions', () => {
  const runs = (chosen: readonly number[]) =>
    chosen.filter((position) => !chosen.includes(free[free.indexOf(position) - 1] ?? -1)).length;
  const mean = (selection: Selection) => {
    let total = 0;
    for (let seed = 0; seed < 200; seed++) total += runs(select(selection, 5, seed, 5));
    return total / 200;
  };
  expect(mean('spans')).toBeLessThan(mean('uniform') - 0.5);
  for (let seed = 0; seed < 20; seed++) expect(select('spans', 5, seed, 1e9)).toHaveLength(5);
});
