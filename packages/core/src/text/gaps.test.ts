// Gap markers in text: what is one, what is not, hostile counts, and joining gives the text back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import { escapeGaps, fixLengths, parseGaps } from './gaps.js';

const counts = (...parameters: Parameters<typeof parseGaps>) =>
  parseGaps(...parameters).gaps.map(({ tokens }) => tokens);

describe('parseGaps', () => {
  it('finds gaps and the text around them', () => {
    expect(parseGaps('a [MASK][MASK*3]\n[MASK*4096]')).toEqual({
      segments: ['a ', '', '\n', ''],
      gaps: [
        { tokens: 1, marker: '[MASK]' },
        { tokens: 3, marker: '[MASK*3]' },
        { tokens: 4096, marker: '[MASK*4096]' },
      ],
    });
    expect(parseGaps('')).toEqual({ segments: [''], gaps: [] });
  });

  it('reads lengths that are not known, and names', () => {
    expect(parseGaps('[MASK*2-6][MASK*?][MASK*3-3][MASK:who*2-4] [MASK:who][MASK:é_1-b]').gaps).toEqual([
      { tokens: 2, most: 6, marker: '[MASK*2-6]' },
      { tokens: 1, most: 16, marker: '[MASK*?]' },
      { tokens: 3, marker: '[MASK*3-3]' },
      { tokens: 2, most: 4, name: 'who', marker: '[MASK:who*2-4]' },
      { tokens: 2, most: 4, name: 'who', marker: '[MASK:who]' },
      { tokens: 1, name: 'é_1-b', marker: '[MASK:é_1-b]' },
    ]);
    expect(parseGaps('[MASK*?]', { maxLength: 5 }).gaps).toEqual([
      { tokens: 1, most: 5, marker: '[MASK*?]' },
    ]);
    expect(() => parseGaps('', { maxLength: 0 })).toThrow(
      /maxLength is 0, it must be a whole number from 1 to 4096/,
    );
  });

  it('refuses lengths and names that are none', () => {
    expect(() => parseGaps('[MASK*6-2]')).toThrow(/at least 6 tokens, and at most 2/);
    for (const marker of [
      '[MASK*0-2]',
      '[MASK*2-]',
      '[MASK*-2]',
      '[MASK*1-4097]',
      '[MASK*2 - 3]',
      '[MASK*??]',
    ])
      expect(() => parseGaps(marker)).toThrow(/a whole number from 1 to 4096/);
    for (const marker of ['[MASK:]', '[MASK: a]', '[MASK:1a]', '[MASK:a b*2]', '[MASK:-]'])
      expect(() => parseGaps(marker)).toThrow(/a name begins with a letter/);
    expect(() => parseGaps('[MASK:a] [MASK:a*2]')).toThrow(
      /the first gap of its name is \[MASK:a\], of another length/,
    );
  });

  it('leaves alone what is no marker', () => {
    for (const text of ['[mask]', '[ MASK]', '[MASK', '[MASK*3', '[MASK *3]', '[MASK*\n3]', '___', '<mask>'])
      expect(parseGaps(text)).toEqual({ segments: [text], gaps: [] });
  });

  it.each(['0', '03', '', '-1', '+1', '1.0', '1e2', ' 3', '3 ', '4097', '99999999999999999999', 'x', '３'])(
    'refuses [MASK*%s]',
    (count) => {
      expect(() => parseGaps(`a [MASK*${count}] b`)).toThrow(UsageError);
      expect(() => parseGaps(`a [MASK*${count}] b`)).toThrow(/a whole number from 1 to 4096/);
    },
  );

  it('takes underscores and the model’s own mask token where asked', () => {
    expect(counts('__ ___ _____', { underscores: true })).toEqual([1, 1]);
    expect(counts('a <mask> [MASK] [MASK*2] ___', { maskToken: '<mask>' })).toEqual([1, 1, 2]);
    expect(counts('.*', { maskToken: '.' })).toEqual([1]);
    expect(counts('[MASK*2]', { maskToken: '[MASK]' })).toEqual([2]);
  });

  it('gives back the text when segments and markers are joined', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        '[MASK]',
        '[MASK*12]',
        '___',
        '____',
        '<mask>',
        '[MASK',
        ']',
        '_',
        '\r\n',
        ' ',
        '😀',
        'é',
      ),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, underscores) => {
        const text = parts.join('');
        fc.pre(!/\[MASK\*(?!12\])/.test(text));
        const { segments, gaps } = parseGaps(text, { underscores, maskToken: '<mask>' });
        expect(segments.length).toBe(gaps.length + 1);
        expect(segments.map((segment, i) => segment + (gaps[i]?.marker ?? '')).join('')).toBe(text);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('stops at more gaps than any model fills', () => {
    expect(parseGaps('[MASK*4096]'.repeat(16)).gaps).toHaveLength(16);
    for (const text of [`${'[MASK*4096]'.repeat(16)}[MASK]`, '[MASK]'.repeat(65_537)])
      expect(() => parseGaps(text)).toThrow(expect.objectContaining({ code: 'context-too-long' }));
    // The gap behind the first that is too many is not read.
    expect(() => parseGaps(`${'[MASK*4096]'.repeat(17)}[MASK*x]`)).toThrow(/more than 65536 tokens/);
  });

  it('reads a megabyte of half markers in one pass', () => {
    expect(parseGaps('[MASK*'.repeat(170_000)).gaps).toEqual([]);
  });
});

it('fixLengths writes how many tokens each gap has, and leaves all else as it is', () => {
  const text = String.raw`a [MASK*?] \[MASK*?] ___[MASK:b*2-3]<mask>c`;
  const options = { maskToken: '<mask>' };
  const fixed = fixLengths(text, [4, 2, 1], options);
  expect(fixed).toBe(String.raw`a [MASK*4] \[MASK*?] ___[MASK:b*2][MASK*1]c`);
  expect(parseGaps(fixed, options).segments).toEqual(parseGaps(text, options).segments);
});

it('escapeGaps makes text of every marker, and of nothing else', () => {
  const piece = fc.constantFrom('a', ' ', '\\', '[MASK]', '[MASK*3]', '[MASK*x]', '<mask>', '___', '\n');
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      const options = { maskToken: '<mask>', underscores: true };
      expect(parseGaps(escapeGaps(text, options), options)).toEqual({ segments: [text], gaps: [] });
    }),
  );
  expect(escapeGaps('no marker \\ at all')).toBe('no marker \\ at all');
});
