// Small tokenizers of which each once gave other ids or text than the original, and the same at the borders of gaps and spans.
import { readdirSync } from 'node:fs';
import { encodeGaps, encodePieces, parseGaps, splice } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { openVocabulary, readJson, testFolder } from './tokenizer-files.js';

interface Expected {
  readonly note: string;
  readonly encode: readonly { text: string; ids: number[] }[];
  readonly decode?: readonly { ids: number[]; text: string }[];
}

const cases = `${testFolder}bugs/tokenizers`;
const open = (name: string, maskId = 1) => ({ ...openVocabulary(`${cases}/${name}`), maskId });

describe.each(readdirSync(cases))('%s', (name) => {
  const { note, encode, decode = [] } = readJson<Expected>(`${cases}/${name}/expected.json`);

  it(note, async () => {
    const vocabulary = open(name);
    for (const { text, ids } of encode) {
      const encoded = text.includes('[MASK]')
        ? (await encodeGaps(parseGaps(text), vocabulary)).ids
        : await vocabulary.encode(text);
      expect([text, [...encoded]]).toEqual([text, ids]);
    }
    for (const { ids, text } of decode) expect(vocabulary.decode(ids)).toBe(text);
  });
});

describe('a fill in its text', () => {
  it.each(['metaspace-first', 'metaspace-never'])('keeps its own spaces, %s', (name) => {
    expect(splice(['(', ')'], [[5, 6]], open(name)).text).toBe('( a b)');
  });

  it('goes on in a word without a mark', () => {
    const vocabulary = open('do-lower-case-true', 4);
    expect(splice(['The', ' x'], [[11]], vocabulary).text).toBe('Thes x');
    expect(splice(['The ', ' ', ' x'], [[7], [8]], vocabulary).text).not.toContain('#');
    expect(splice(['', ' x'], [[8]], vocabulary).text).toBe('ller x');
    expect(vocabulary.decode([8, 11])).toBe('llers');
  });

  it('tells the rest of a word from a word', async () => {
    const vocabulary = open('do-lower-case-true', 4);
    const ids = async (text: string) => [...(await encodeGaps(parseGaps(text), vocabulary)).ids];
    expect(await ids('[MASK]ller')).toEqual([4, 8]);
    expect(await ids('the[MASK]ller the')).toEqual([5, 4, 8, 5]);
    expect(await ids('the[MASK] mu')).toEqual([5, 4, 7]);
  });
});

describe('a span of a text', () => {
  const vocabulary = openVocabulary(`${testFolder}../models/tiny/mlm`);
  const mask = (text: string, start: number, end: number) =>
    encodePieces(
      [
        { text: text.slice(0, start), masked: false },
        { text: text.slice(start, end), masked: true },
        { text: text.slice(end), masked: false },
      ],
      vocabulary,
    );

  it('masks the tokens that it touches, of the text as it is read', async () => {
    for (const [text, start, end] of [
      ['The dog sat.', 5, 6],
      ['a😀b dog', 4, 8],
    ] as const) {
      const { ids, masked } = await mask(text, start, end);
      expect([...ids]).toEqual([...(await vocabulary.encode(text))]);
      expect(vocabulary.decode(masked.map((position) => ids[position]!))).toBe(' dog');
    }
  });

  it('is of whole characters', async () => {
    await expect(mask('a😀b', 1, 2)).rejects.toThrow(/inside of the character "😀"/);
  });
});
