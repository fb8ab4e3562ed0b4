// Vocabularies with other ids for the same words: real kinds of pairs, and where pairing stops.

import { DataError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { pairVocabularies } from './pair-vocabularies.js';
import { createVocabulary } from './tokenizer.js';

const words = ['a', 'b', 'c', 'Ġ', 'ab', 'Ġa'];
const merges = ['a b', 'Ġ a'];

/** A byte-level BPE tokenizer of a few tokens, in the order of their ids; `special` and `added` name some of them. */
function vocabulary(
  tokens: readonly string[],
  special: Readonly<Record<string, string>> = {},
  added: readonly string[] = [],
) {
  const idOf = (content: string) => tokens.indexOf(content);
  const own = new Set([...Object.values(special), ...added]);
  const added_tokens = [...own].map((content) => ({
    id: idOf(content),
    content,
    special: !added.includes(content),
  }));
  return createVocabulary({
    tokenizer: {
      added_tokens,
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
      post_processor: null,
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
    },
    tokenizerConfig: special,
  });
}

const gpt2 = vocabulary([...words, '<|endoftext|>'], {
  bos_token: '<|endoftext|>',
  eos_token: '<|endoftext|>',
  unk_token: '<|endoftext|>',
});
// As RoBERTa: other specials first, the words in another order, a word that fills the table up, the mask last.
const robertaTokens = [
  '<s>',
  '<pad>',
  '</s>',
  '<unk>',
  'c',
  'ab',
  'Ġ',
  'b',
  'Ġa',
  'a',
  '<|endoftext|>',
  'madeupword0000',
  '<mask>',
];
const robertaSpecials = {
  bos_token: '<s>',
  cls_token: '<s>',
  eos_token: '</s>',
  sep_token: '</s>',
  pad_token: '<pad>',
  unk_token: '<unk>',
  mask_token: '<mask>',
};
const roberta = vocabulary(robertaTokens, robertaSpecials);

describe('pairVocabularies', () => {
  it('leaves equal ids alone', () => {
    const paired = pairVocabularies(
      gpt2,
      vocabulary([...words, '<|endoftext|>', '[MASK]'], { mask_token: '[MASK]' }),
    );
    expect(paired.arIds).toBeUndefined();
    expect(paired.size).toBe(7);
    expect(paired.toShared(6)).toBe(6);
  });

  it("finds GPT-2's tokens in RoBERTa, special ones by their roles", () => {
    const paired = pairVocabularies(gpt2, roberta);
    const end = 6;
    //                     <s> <pad> </s> <unk> c ab Ġ  b Ġa a <|end madeup <mask>
    expect([...paired.arIds!]).toEqual([end, -1, end, end, 2, 4, 3, 1, 5, 0, end, -1, -1]);
    expect(paired.size).toBe(13);
    // Never sampled: special in either, or no token of the AR model's.
    expect([...paired.specialIds].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 10, 11, 12]);
    // The same string comes before the same role.
    expect(paired.toShared(end)).toBe(10);
    expect(paired.toShared(4)).toBe(5);
    const withoutEnd = robertaTokens.map((token) => (token === '<|endoftext|>' ? 'madeupword0001' : token));
    expect(pairVocabularies(gpt2, vocabulary(withoutEnd, robertaSpecials)).toShared(end)).toBe(0);
  });

  it('pairs the same words with other added tokens, as Pythia and ModernBERT have', () => {
    const pythia = vocabulary(
      ['<|endoftext|>', '<|padding|>', ...words, '  '],
      { eos_token: '<|endoftext|>', pad_token: '<|padding|>' },
      ['  '],
    );
    const modernbert = vocabulary(
      ['|||IP_ADDRESS|||', '<|padding|>', ...words, '  ', '<|endoftext|>', '[PAD]', '[MASK]', '[unused0]'],
      { mask_token: '[MASK]', pad_token: '[PAD]', eos_token: '<|endoftext|>' },
      ['|||IP_ADDRESS|||', '  ', '[unused0]'],
    );
    const { arIds, specialIds, toShared } = pairVocabularies(pythia, modernbert);
    expect([...arIds!]).toEqual([-1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, -1, -1]);
    expect([...specialIds].sort((a, b) => a - b)).toEqual([0, 1, 9, 10, 11, 12]);
    expect(toShared(0)).toBe(9);
    expect(toShared(1)).toBe(1);
  });

  it('stops where a word of one is no token of the other, naming the first ids that differ', () => {
    const fewer = robertaTokens.map((token) => (token === 'ab' ? 'bc' : token));
    const act = () => pairVocabularies(gpt2, vocabulary(fewer, robertaSpecials));
    expect(act).toThrow(DataError);
    expect(act).toThrow(
      'Cannot pair the models: token 0 is "<s>" in the MLM\'s vocabulary and "a" in the AR model\'s; under any id, the MLM lacks "ab".',
    );
    const more = [...robertaTokens.slice(0, 11), 'd', '<mask>'];
    expect(() => pairVocabularies(gpt2, vocabulary(more, robertaSpecials))).toThrow(
      /the AR model lacks "d"\.$/,
    );
  });

  it('does not take a vocabulary for leftovers because it has many words that nothing is encoded as', () => {
    const unused = Array.from({ length: 65 }, (_, i) => `##${i}`);
    const wordpieces = vocabulary(['<mask>', ...words, '<|endoftext|>', ...unused], { mask_token: '<mask>' });
    expect(() => pairVocabularies(gpt2, wordpieces)).toThrow(/the AR model lacks "##64"\.$/);
  });

  it('refuses nested vocabularies, whichever goes on', () => {
    const merged = createVocabulary({
      tokenizer: {
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
        post_processor: null,
        decoder: { type: 'ByteLevel' },
        model: {
          type: 'BPE',
          vocab: Object.fromEntries([...words, 'abc'].map((token, id) => [token, id])),
          merges: [...merges, 'ab c'],
        },
      },
    });
    const short = vocabulary(words);
    expect(() => pairVocabularies(short, merged)).toThrow(
      'Cannot pair the models: token 6 is "abc" in the MLM\'s vocabulary and no token in the AR model\'s; under any id, the AR model lacks "abc".',
    );
    expect(() => pairVocabularies(merged, short)).toThrow(/; under any id, the MLM lacks "abc"\.$/);
  });

  it('refuses merges that are no pairs of tokens', () => {
    const merging = (...last: unknown[]) =>
      createVocabulary({
        tokenizer: {
          added_tokens: [],
          model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b', ...last] },
        },
      });
    for (const last of [null, 7, {}, ['a', 7]])
      expect(() => pairVocabularies(merging(), merging(last))).toThrow(
        'Cannot read the tokenizer: its merge 2 is no pair of tokens.',
      );
  });
});
