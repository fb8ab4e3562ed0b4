// What a text asks of the tokens in its gaps, on a vocabulary of a few tokens.
import { describe, expect, test } from 'vitest';
import type { GapSpan } from '../text/encode-gaps.js';
import { prepared } from './prepare.js';
import { TextFilters } from './text-filters.js';

const euro = [...new TextEncoder().encode('€')];
const tokens: readonly (string | number[])[] = [
  'cat',
  ' cat',
  ' ',
  '\n',
  '.',
  euro.slice(0, 1),
  euro.slice(1, 2),
  euro.slice(2),
  euro.slice(1),
  '\u2028x',
];
const bytesOf = (id: number) => {
  const token = tokens[id]!;
  return typeof token === 'string' ? new TextEncoder().encode(token) : Uint8Array.from(token);
};
const vocabulary = { size: tokens.length, bytesOf };

function filtersOf(gaps: readonly GapSpan[], lineBreaks = true) {
  const task = prepared(new Int32Array(20), gaps, true, () => ({ text: '', fills: [] }));
  return new TextFilters(vocabulary, task, { lineBreaks });
}

/** Ids that are left of all. */
function left(filters: TextFilters, index: number, ids = tokens.map((_, id) => id)): number[] {
  const logits = Float32Array.from(tokens, (_, id) => (ids.includes(id) ? 1 : -Infinity));
  filters.at(index)(logits);
  return [...logits.keys()].filter((id) => logits[id] !== -Infinity);
}

describe('the first token of a gap', () => {
  test.each([
    ['carries the space that the text has', ' ', [1, 2]],
    ['carries none where the text has none', '', [0, 4]],
    ['is any after a word', undefined, [0, 1, 2, 3, 4, 9]],
  ] as const)('%s', (_, lead, expected) => {
    const gap = { position: 3, length: 1, ...(lead !== undefined && { lead }) };
    expect(left(filtersOf([gap]), 0)).toEqual(expected);
  });

  test('only the first: the next ones are any', () => {
    expect(left(filtersOf([{ position: 3, length: 2, lead: ' ' }]), 1)).toEqual([0, 1, 2, 3, 4, 9]);
  });

  test('is what there is where no token fits', () => {
    expect(left(filtersOf([{ position: 3, length: 1, lead: '\t' }]), 0)).toHaveLength(tokens.length);
    expect(left(filtersOf([{ position: 3, length: 1, lead: ' ' }]), 0, [0, 4])).toEqual([0, 4]);
  });
});

test('no token breaks a line where lines are read', () => {
  const gaps = [{ position: 3, length: 1 }];
  expect(left(filtersOf(gaps), 0)).toContain(3);
  expect(left(filtersOf(gaps, false), 0)).toEqual([0, 1, 2, 4]);
});

describe('kept tokens', () => {
  const keeping = (kept: ReadonlyMap<number, number>) => {
    const task = prepared(new Int32Array(20), [{ position: 3, length: 3 }], true, () => ({
      text: '',
      fills: [],
    }));
    return new TextFilters(vocabulary, { ...task, kept }, { lineBreaks: true });
  };

  test('that end within a character have it ended by the next one', () => {
    expect(left(keeping(new Map([[3, 5]])), 1)).toEqual([6, 7, 8]);
    const filters = keeping(
      new Map([
        [3, 5],
        [4, 6],
      ]),
    );
    expect(left(filters, 2)).toEqual([6, 7]);
  });

  test('end no character of the token before them', () => {
    expect(left(keeping(new Map([[4, 0]])), 0)).not.toContain(5);
  });
});

describe('characters are whole', () => {
  test('one begins only where there is room to end it, and is ended before anything else', () => {
    const filters = filtersOf([{ position: 3, length: 3 }]);
    expect(left(filters, 0)).toContain(5);
    filters.chosen(0, 5);
    // Two bytes in two tokens, or in one.
    expect(left(filters, 1)).toEqual([6, 7, 8]);
    filters.chosen(1, 6);
    expect(left(filters, 2)).toEqual([6, 7]);
  });

  test('in the last two places only what still can be ended', () => {
    const filters = filtersOf([{ position: 3, length: 2 }]);
    expect(left(filters, 0)).not.toContain(5);
    filters.chosen(0, 0);
    expect(left(filters, 1)).not.toContain(5);
  });

  test('across gaps that follow each other, not across text', () => {
    const together = filtersOf([
      { position: 3, length: 1 },
      { position: 4, length: 2 },
    ]);
    expect(left(together, 0)).toContain(5);
    const apart = filtersOf([
      { position: 3, length: 1 },
      { position: 5, length: 2 },
    ]);
    expect(left(apart, 0)).not.toContain(5);
  });

  test('not across a space that the second gap carries', () => {
    const filters = filtersOf([
      { position: 3, length: 1 },
      { position: 4, length: 3, lead: ' ' },
    ]);
    expect(left(filters, 0)).not.toContain(5);
    filters.chosen(0, 0);
    expect(left(filters, 1)).toEqual([1, 2]);
  });
});
