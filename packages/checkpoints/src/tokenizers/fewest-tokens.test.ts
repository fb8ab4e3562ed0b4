// No text has fewer tokens than its length tells.
import { expect, it } from 'vitest';
import { fewestTokensOf } from './fewest-tokens.js';
import { goldenFiles, goldenVocabulary } from './golden-tokenizers.test.support.js';
import { resolveTokenizer } from './resolve-config.js';

it('is never more than a text has, and more than nothing for a book', async () => {
  const vocabulary = goldenVocabulary();
  const longest = vocabulary.tokens.reduce((a = '', b = '') => (b.length > a.length ? b : a), '')!;
  const composed = '\u0061\u0301'.repeat(5000);
  for (const text of [
    '',
    'the cat sat on the mat '.repeat(500),
    longest.repeat(500),
    composed,
    '😀'.repeat(999),
  ]) {
    const { length } = await vocabulary.encode(text);
    expect(vocabulary.fewestTokens!(text)).toBeLessThanOrEqual(length);
  }
  expect(vocabulary.fewestTokens!('the cat sat on the mat '.repeat(100_000))).toBeGreaterThan(8192);
  // Of a book no more is looked at than it takes.
  const book = 'the cat sat on the mat '.repeat(600_000);
  const enough = vocabulary.fewestTokens!(book, 1000);
  expect(enough).toBeGreaterThanOrEqual(1000);
  expect(enough).toBeLessThan(vocabulary.fewestTokens!(book) / 2);
  // White space may go with an added token, all of it.
  expect(vocabulary.fewestTokens!(' '.repeat(1_000_000))).toBe(0);
});

it('tells nothing where a step may drop text, or an unknown token stands for any of it', () => {
  const { tokenizer, tokens } = resolveTokenizer(goldenFiles('tokenizer_mlm'));
  const text = 'x'.repeat(100_000);
  const fewest = (changes: object, isByteLevel = true) =>
    fewestTokensOf({ ...tokenizer, ...changes }, isByteLevel, tokens)(text);
  expect(fewest({})).toBeGreaterThan(0);
  expect(fewest({ normalizer: { type: 'Strip' } })).toBe(0);
  expect(fewest({ normalizer: { type: 'Replace', pattern: { String: 'xx' }, content: 'x' } })).toBe(0);
  expect(fewest({ pre_tokenizer: { type: 'Split', behavior: 'Removed' } })).toBe(0);
  expect(fewest({ model: { type: 'BPE', vocab: { x: 0 }, merges: [] } })).toBe(0);
  expect(fewest({ model: { type: 'WordPiece', vocab: {} } })).toBe(0);
  expect(
    fewest({ model: { type: 'BPE', vocab: {}, merges: [], byte_fallback: true } }, false),
  ).toBeGreaterThan(0);
});
