// Whether two tokenizers merge alike, however their files write it.
import { expect, it } from 'vitest';
import { type Merge, matchMerges, mergesOf } from './merges.js';

const tokens = ['a', 'b', 'c', 'ab', 'bc', 'abc'];
const merging = (merges: readonly Merge[] | undefined) => ({ tokens, merges: () => merges });
const strings = ['a b', 'b c', 'ab c'];

it('two strings are one with a space between them', () => {
  expect(() =>
    matchMerges(merging(strings), merging(strings.map((merge) => merge.split(' ')))),
  ).not.toThrow();
});

it('names the first merge that differs, and what it makes', () => {
  const other = ['a b', 'ab c', 'b c'];
  expect(() => matchMerges(merging(strings), merging(other))).toThrow(
    `merge 2 makes token 5 of "ab" and "c" in the MLM's tokenizer and token 4 of "b" and "c" in the AR model's`,
  );
  expect(() => matchMerges(merging(strings), merging(strings.slice(0, 2)))).toThrow(
    `merge 3 makes nothing in the MLM's tokenizer and token 5 of "ab" and "c" in the AR model's`,
  );
});

it('has nothing to compare where one does not merge', () => {
  expect(mergesOf({ model: { type: 'Unigram', vocab: [] } })).toBeUndefined();
  expect(() => matchMerges(merging(strings), merging(undefined))).not.toThrow();
});
