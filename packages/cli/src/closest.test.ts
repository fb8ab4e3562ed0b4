import { expect, test } from 'vitest';
import { closestTo } from './closest.js';

const commands = ['anneal', 'infill', 'models ls', 'models rm', 'score', 'train', 'tui'];

test.each([
  ['infil', 'infill'],
  ['inflil', 'infill'],
  ['scroe', 'score'],
  ['tiu', 'tui'],
  ['models sl', 'models ls'],
  ['xyz', undefined],
  ['', undefined],
  ['fill', 'infill'],
])('%j is meant as %j', (given, meant) => {
  expect(closestTo(given, commands)).toBe(meant);
});

test('a name of few letters is near only to one like it', () => {
  expect(closestTo('abc', ['tui'])).toBeUndefined();
});
