// What is asked of gaps stays with them, and where gaps are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askedOf, asksOfTokens, describeAsked } from './asked.js';
import { gapAtCursor, movedPositions, writtenGaps } from './gap-places.js';

const reading = { maskToken: '<mask>' };

test('stays with its gap while the text around is edited', () => {
  const draft = 'a [MASK] b [MASK*2] c [MASK]';
  const asked = { all: { case: 'lower' }, draft, gaps: [{ words: 1 }, {}, { words: 3 }] } as const;
  const numbers = (text: string) =>
    askedOf(asked, text, reading).map(({ words, case: letters }) => words ?? letters ?? '–');
  expect(numbers(draft)).toEqual([1, '–', 3]);
  expect(numbers('more a [MASK] b [MASK*2] c [MASK] more')).toEqual([1, '–', 3]);
  expect(numbers('a [MASK*5] b [MASK*2] c [MASK]')).toEqual([1, '–', 3]);
  // A new gap is asked what all are.
  expect(numbers('a [MASK] b [MASK] [MASK*2] c [MASK]')).toEqual([1, 'lower', '–', 3]);
  expect(numbers('a [MASK] b c [MASK]')).toEqual([1, 3]);
  expect(numbers(String.raw`a [MASK] b \[MASK*2] c [MASK]`)).toEqual([1, 3]);
  expect(numbers('[MASK] at the start, and a [MASK] b [MASK*2] c [MASK]')).toEqual(['lower', 1, '–', 3]);
  // What cannot be read now is not forgotten.
  expect(numbers('a [MASK*x] b [MASK*2] c [MASK]')).toEqual([]);
});

test('a bias asks nothing of what tokens are, and all is told in words', () => {
  expect([asksOfTokens({}), asksOfTokens({ bias: { a: 1 } }), asksOfTokens({ ban: ['a'] })]).toEqual([
    false,
    false,
    true,
  ]);
  expect(describeAsked({ choices: ['red', 'dark green'], case: 'lower' })).toBe(
    'choices red,dark green  case lower',
  );
});

test('gaps are where they are written', () => {
  const piece = fc.constantFrom('a', ' ', '\\', '[MASK]', '[MASK*3]', '[MASK:n]', '<mask>', '___', '\n');
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      for (const { start, end, marker } of writtenGaps(text, reading))
        expect(text.slice(start, end)).toBe(marker);
    }),
  );
  const gaps = writtenGaps('a [MASK] b [MASK]', reading);
  expect([0, 2, 8, 9, 17].map((cursor) => gapAtCursor(gaps, cursor))).toEqual([0, 0, 0, 1, 1]);
});

test('positions move with the lengths of the gaps before them', () => {
  const run = { positions: [1, 2, 4, 6] };
  expect([...movedPositions(run, [2, 1, 1], [1, 3, 1])]).toEqual([
    [1, 1],
    [4, 3],
    [6, 7],
  ]);
  expect([...movedPositions(run, [], []).values()]).toEqual(run.positions);
});
