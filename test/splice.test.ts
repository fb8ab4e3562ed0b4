// Fills in the caller's text: spaces, adjacent gaps, split characters, and the rest byte for byte.

import { byteCharacters } from '@maria/checkpoints';
import { parseGaps, splice } from '@maria/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenVocabulary } from '../packages/checkpoints/src/tokenizers/golden-tokenizers.test.support.js';

const vocabulary = goldenVocabulary();
const words = ['The', ' cat', ' Cat', '  cat', 's', ' t', ' y', 'x', ' big cat', ' big'];
const encoded = new Map(
  await Promise.all(
    words.map(async (text): Promise<[string, number[]]> => [text, [...(await vocabulary.encode(text))]]),
  ),
);
const ids = (text: string) => encoded.get(text)!;
const idOfByte = byteCharacters.map((character) => vocabulary.tokens.indexOf(character));
/** Byte tokens of a text, one a byte, whatever the merges are. */
const byteIds = (text: string) => Array.from(new TextEncoder().encode(text), (byte) => idOfByte[byte]!);

function fill(text: string, ...fills: number[][]) {
  return splice(parseGaps(text).segments, fills, vocabulary);
}

describe('splice', () => {
  it('drops a fill’s leading space where the text has one or has no use for one', () => {
    expect(fill('The [MASK] is', ids(' cat'))).toEqual({ text: 'The cat is', fills: ['cat'] });
    expect(fill('[MASK] is', ids(' Cat')).text).toBe('Cat is');
    expect(fill('a\n[MASK]', ids(' cat')).text).toBe('a\ncat');
    expect(fill('a\r\n[MASK]', ids(' cat')).text).toBe('a\r\ncat');
    expect(fill('a [MASK]', ids('  cat')).text).toBe('a  cat');
  });

  it('keeps it elsewhere, and keeps the text’s space where the fill has none', () => {
    expect(fill('a[MASK].', ids(' cat')).text).toBe('a cat.');
    expect(fill('(\t[MASK]', ids(' cat')).text).toBe('(\t cat');
    expect(fill('a [MASK] [MASK] b', ids('s'), ids(' t')).text).toBe('a s t b');
  });

  it('decodes adjacent gaps together and attributes a split character to the gap that completes it', () => {
    const [a, b, c] = byteIds('€');
    expect(fill('x [MASK][MASK]', [...ids(' y'), a!], [b!, c!])).toEqual({ text: 'x y€', fills: ['y', '€'] });
    const smile = byteIds('😀');
    expect(fill('[MASK][MASK][MASK]', smile.slice(0, 2), smile.slice(2, 3), smile.slice(3)).fills).toEqual([
      '',
      '',
      '😀',
    ]);
    expect(fill('[MASK][MASK]', byteIds('é').slice(0, 1), ids('x')).fills).toEqual(['\ufffd', 'x']);
    const [first, ...rest] = byteIds('👍');
    expect(fill('[MASK][MASK]', [...smile, first!], rest).fills).toEqual(['😀', '👍']);
  });

  it('drops the space of adjacent gaps once, from the first text there is', () => {
    expect(fill('a [MASK][MASK] b', [], ids(' big cat')).fills).toEqual(['', 'big cat']);
    expect(fill('a [MASK][MASK] b', ids(' big'), ids(' cat')).text).toBe('a big cat b');
  });

  it('shows partial UTF-8 in the fill and nowhere else', () => {
    const [, b] = byteIds('€');
    expect(fill('é[MASK]é', [b!]).text).toBe('é\ufffdé');
  });

  it('refuses a wrong number of fills', () => {
    expect(() => splice(['a', 'b'], [], vocabulary)).toThrow(/2 segments do not fit 0 fills/);
  });

  it('gives the caller’s own text back byte for byte, whatever the fills are', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        '[MASK]',
        '[MASK*2]',
        '[MASK][MASK]',
        ' ',
        '  ',
        '\n',
        '\r\n',
        '\t',
        '.',
        '😀',
        'e\u0301',
        '\u0301',
        '日本',
        '\ufeff',
      ),
    );
    const fills = fc.infiniteStream(fc.array(fc.nat(vocabulary.size - 1), { maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fills, (pieces, stream) => {
        const text = pieces.join('');
        fc.pre(!/\[MASK\*(?!2\])|\\\\\[/.test(text));
        const { segments, gaps } = parseGaps(text);
        const spliced = splice(
          segments,
          gaps.map(() => stream.next().value as number[]),
          vocabulary,
        );
        // Take the fills out of the text at their places: what remains are the segments.
        let at = 0;
        segments.forEach((segment, i) => {
          expect(spliced.text.startsWith(segment, at)).toBe(true);
          at += segment.length;
          const filled = spliced.fills[i] ?? '';
          expect(spliced.text.startsWith(filled, at)).toBe(true);
          at += filled.length;
        });
        expect(at).toBe(spliced.text.length);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('gives the original text back when the fills are its own tokens', () => {
    const word = fc.constantFrom(' the', ' cat', ' é', ' 日本', ' 😀', ',', ' a');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, fc.boolean()), { minLength: 1, maxLength: 8 }), (words) => {
        const original = `x${words.map(([text]) => text).join('')}`;
        const masked = `x${words.map(([text, gap]) => (gap ? text.replace(/[^ ]+$/, '[MASK]') : text)).join('')}`;
        const fills = words.filter(([, gap]) => gap).map(([text]) => byteIds(text));
        expect(fill(masked, ...fills).text).toBe(original);
      }),
      { seed: 6, numRuns: 200 },
    );
  });
});
