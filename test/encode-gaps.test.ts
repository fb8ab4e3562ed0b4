// Text with gaps as ids: what a gap takes of the text before it, all other text as it runs, and spans of a text.
import { encodeGaps, encodePieces, parseGaps } from '@maria/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenVocabulary } from '../packages/checkpoints/src/tokenizers/golden-tokenizers.test.support.js';

const vocabulary = goldenVocabulary();
const M = vocabulary.maskId;
const ids = async (text: string) => [...(await vocabulary.encode(text, { specialTokens: false }))];

async function encode(text: string) {
  const encoded = await encodeGaps(parseGaps(text), vocabulary);
  return { ids: [...encoded.ids], gaps: encoded.gaps };
}

describe('encodeGaps', () => {
  it('leaves one space before a gap to the token that carries it', async () => {
    const the = await ids('The');
    expect(await encode('The [MASK] is')).toEqual({
      ids: [...the, M, ...(await ids(' is'))],
      gaps: [{ position: the.length, length: 1, lead: ' ' }],
    });
    expect((await encode('a [MASK] [MASK*2] b')).ids).toEqual([
      ...(await ids('a')),
      M,
      M,
      M,
      ...(await ids(' b')),
    ]);
    // Two spaces are a token of their own here.
    expect((await encode('a  [MASK]')).ids).toEqual([...(await ids('a  t')).slice(0, -1), M]);
    expect((await encode(' [MASK]')).ids).toEqual([M]);
  });

  it('keeps every other white space in the text, as it is read before a word', async () => {
    for (const before of ['a\n', 'a\n\n', 'a\t', 'a\r\n', 'a\u00a0', '\n \n']) {
      const { ids: all, gaps } = await encode(`${before}[MASK].`);
      const running = await ids(`${before}y`);
      expect(all).toEqual([...running.slice(0, -1), M, ...(await ids('.'))]);
      expect(gaps).toMatchObject([{ lead: '' }]);
    }
  });

  it('leaves both open after a word, and between gaps', async () => {
    for (const before of ['(', 'un', 'a \u0301'])
      expect((await encode(`${before}[MASK].`)).ids).toEqual([
        ...(await ids(before)),
        M,
        ...(await ids('.')),
      ]);
    const { gaps } = await encode('[MASK*2]é [MASK][MASK*3]');
    const start = 2 + (await ids('é')).length;
    expect(gaps).toEqual([
      { position: 0, length: 2, lead: '' },
      { position: start, length: 1, lead: ' ' },
      { position: start + 1, length: 3 },
    ]);
  });

  it('encodes text without gaps as it is, special tokens in it as text unless they are asked for', async () => {
    expect(await encode('The end. ')).toEqual({ ids: await ids('The end. '), gaps: [] });
    expect(await encode('')).toEqual({ ids: [], gaps: [] });
    const text = parseGaps('a <|endoftext|> [MASK]');
    expect([...(await encodeGaps(text, vocabulary)).ids]).not.toContain(594);
    expect([...(await encodeGaps(text, vocabulary, { specialTokens: true })).ids]).toContain(594);
  });

  it('puts the mask id exactly at the gaps', async () => {
    const text = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('[MASK]', '[MASK*3]', ' ', '\n')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (parts) => {
        const encoded = await encode(parts.join('').replaceAll('[MASK*', '[MASK*3]'));
        const masked = encoded.ids.flatMap((id, i) => (id === M ? [i] : []));
        expect(masked).toEqual(
          encoded.gaps.flatMap(({ position, length }) => Array.from({ length }, (_, i) => position + i)),
        );
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

describe('encodePieces', () => {
  it('masks the tokens that touch a piece, and reads the text as a whole', async () => {
    const text = 'The word is  two!';
    for (const [start, end] of [
      [4, 8],
      [5, 6],
      [11, 17],
      [0, 17],
    ] as const) {
      const pieces = [
        { text: text.slice(0, start), masked: false },
        { text: text.slice(start, end), masked: true },
        { text: text.slice(end), masked: false },
      ];
      const { ids: all, masked } = await encodePieces(pieces, vocabulary);
      expect([...all]).toEqual(await ids(text));
      const { starts, ends } = await vocabulary.tokenize(text);
      expect(masked).toEqual([...all.keys()].filter((i) => starts[i]! < end && ends[i]! > start));
      expect(masked.length).toBeGreaterThan(0);
    }
  });

  it('takes a combining mark with its character, and refuses spans of nothing', async () => {
    const pieces = (text: string, start: number, end: number) => [
      { text: text.slice(0, start), masked: false },
      { text: text.slice(start, end), masked: true },
      { text: text.slice(end), masked: false },
    ];
    const { masked } = await encodePieces(pieces('e\u0301 x', 1, 2), vocabulary);
    expect(masked).toContain(0);
    await expect(encodePieces(pieces('ab', 1, 1), vocabulary)).rejects.toMatchObject({
      code: 'span-invalid',
    });
  });

  it('refuses half a character', async () => {
    const pieces = [
      { text: 'a\ud83d', masked: false },
      { text: '\ude00', masked: true },
    ];
    await expect(encodePieces(pieces, vocabulary)).rejects.toMatchObject({ code: 'span-invalid' });
  });
});
