// Edit similarity on pairs counted by hand.
import { expect, test } from 'vitest';
import { editSimilarity } from './edit-similarity.js';

test.each([
  ['', '', 1],
  ['a', '', 0],
  ['abc', 'abc', 1],
  ['kitten', 'sitting', 1 - 3 / 7],
  ['abcd', 'bcd', 3 / 4],
  ['a😀b', 'ab', 2 / 3],
])('%j and %j', (a, b, expected) => {
  expect(editSimilarity(a, b)).toBeCloseTo(expected, 12);
  expect(editSimilarity(b, a)).toBeCloseTo(expected, 12);
});
