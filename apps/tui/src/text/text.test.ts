// Widths of text, wrapping, and text that is safe to draw.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visible } from './visible.js';
import { cut, widthOf } from './width.js';
import { wrapText } from './wrap-text.js';

test('widths are those of a terminal', () => {
  expect(['abc', '猫', 'é', '👨‍👩‍👧', ''].map(widthOf)).toEqual([3, 2, 1, 2, 0]);
  expect([cut('abcdef', 4), cut('猫猫猫', 4), cut('abc', 3), cut('abc', 0)]).toEqual([
    'abc…',
    '猫…',
    'abc',
    '',
  ]);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 20 }), (text, width) => {
      expect(widthOf(cut(text, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test('no control character is drawn, but line breaks are kept', () => {
  expect(visible('a\u001b[2Jb\tc\u0007\u009bd\r\ne')).toBe('a·[2Jb·c··d·\ne');
});

describe('the draft is wrapped', () => {
  const lines = (text: string, columns: number) =>
    wrapText(text, columns).map(({ start, end }) => text.slice(start, end));

  test.each([
    ['', 10, ['']],
    ['one two three', 8, ['one two ', 'three']],
    ['onetwothree', 4, ['onet', 'woth', 'ree']],
    ['a\n\nb', 4, ['a', '', 'b']],
    ['猫猫猫', 5, ['猫猫', '猫']],
  ])('%j to %i columns', (text, columns, expected) => {
    expect(lines(text, columns)).toEqual(expected);
  });

  test('without losing or adding anything, and never too wide', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '猫', '\t') });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 12 }), (draft, columns) => {
        const wrapped = wrapText(draft, columns);
        let rest = draft;
        for (const { start, end } of wrapped) {
          const line = draft.slice(start, end);
          expect(rest.startsWith(line)).toBe(true);
          rest = rest.slice(line.length).replace(/^\n/, (found) => (draft[end] === '\n' ? '' : found));
          expect(widthOf(line.replaceAll('\t', ' '))).toBeLessThanOrEqual(columns);
        }
        expect(rest).toBe('');
      }),
    );
  });
});
