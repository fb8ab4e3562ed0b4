// Text that is broken to a width: nothing is lost, and no line is wider.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, foldFact } from './fold.js';

describe('fold', () => {
  test.each([
    ['one two three', 7, ['one two', 'three']],
    ['allenai/OLMo-1B-0724-hf', 12, ['allenai/', 'OLMo-1B-', '0724-hf']],
    ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['exactly', 7, ['exactly']],
    ['', 5, ['']],
    ['any length at all', Number.POSITIVE_INFINITY, ['any length at all']],
  ])('%j at %d', (text, width, lines) => {
    expect(fold(text, width)).toEqual(lines);
  });

  test('keeps every character but the spaces that it breaks at', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '/', '-', '猫', '🐈') });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 12 }), (whole, width) => {
        const lines = fold(whole, width);
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(whole.replaceAll(' ', ''));
      }),
    );
  });
});

test('a fact goes on below its value', () => {
  expect(foldFact('folder', '/home/someone/models', 8, 20)).toEqual([
    'folder  /home/',
    '        someone/',
    '        models',
  ]);
  expect(foldFact('folder', '/a/b', 8, Number.POSITIVE_INFINITY)).toEqual(['folder  /a/b']);
});
