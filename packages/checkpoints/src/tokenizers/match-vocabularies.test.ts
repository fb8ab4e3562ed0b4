// Vocabularies that must agree id by id: what they share, what is special, and the first id that differs.

import { DataError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { goldenFiles } from './golden-tokenizers.test.support.js';
import { matchVocabularies } from './match-vocabularies.js';
import { createVocabulary } from './tokenizer.js';

/** A vocabulary of which some tokens are special, in "<…>", added, in "[…]", or fillers, in "(…)". */
function tokens(...list: (string | undefined)[]) {
  const idsOf = (open: string) => new Set(list.flatMap((token, id) => (token?.startsWith(open) ? [id] : [])));
  const fillers = idsOf('(');
  return {
    tokens: list,
    specialIds: idsOf('<'),
    addedIds: idsOf('['),
    isReached: (id: number) => !fillers.has(id),
  };
}

describe('matchVocabularies', () => {
  it('accepts the golden pair', () => {
    const shared = matchVocabularies(
      createVocabulary(goldenFiles('tokenizer_ar')),
      createVocabulary(goldenFiles('tokenizer_mlm')),
    );
    expect(shared.size).toBe(600);
    expect([...shared.specialIds].sort((a, b) => a - b)).toEqual([0, 1, 594, 595, 596, 597, 598, 599]);
  });

  it('shares what both have where one has more special or added tokens, and what is special in either', () => {
    const ar = tokens('<s>', 'a', 'b');
    const mlm = tokens('<s>', 'a', 'b', '<mask>', '[unused0]', '(filler)');
    expect(matchVocabularies(ar, mlm)).toEqual({ size: 3, specialIds: new Set([0, 3, 4]) });
    expect(matchVocabularies(mlm, ar).size).toBe(3);
  });

  it('never samples placeholders that both have, though no file calls them special', () => {
    const both = tokens('<s>', 'a', '[x]', '[unused3]', '<unused0>', '<2mass>', '[@BOS@]', '<table>');
    const placeholders = {
      ...both,
      specialIds: new Set([0]),
      addedIds: new Set([0, 2, 3, 4, 5, 6, 7]),
    };
    expect(matchVocabularies(placeholders, placeholders).specialIds).toEqual(new Set([0, 3, 4, 5, 6]));
  });

  it('lets special and added tokens have other names, which are then never sampled', () => {
    const ar = tokens('<s>', 'a', '<reserved>', '[x]', 'b');
    const mlm = tokens('<s>', 'a', '<mask>', '[y]', 'b');
    expect(matchVocabularies(ar, mlm)).toEqual({ size: 5, specialIds: new Set([0, 2, 3]) });
    // Not where one is the other's under another id.
    expect(() => matchVocabularies(tokens('<s>', 'a', '<e>'), tokens('<e>', 'a', '<s>'))).toThrow(DataError);
  });

  it('names the first id that differs, and both tokens', () => {
    const act = () => matchVocabularies(tokens('a', 'b', '<pad>', 'x'), tokens('a', 'b', 'UNK', 'y', 'z'));
    expect(act).toThrow(
      'Cannot pair the models: token 2 is "UNK" in the MLM\'s vocabulary and "<pad>" in the AR model\'s.',
    );
    expect(act).toThrow(DataError);
    expect(() => matchVocabularies(tokens('a', undefined), tokens('a', 'b'))).toThrow(
      /token 1 is "b" in the MLM's vocabulary and no token in the AR model's/,
    );
    expect(matchVocabularies(tokens('a', undefined), tokens('a', undefined)).size).toBe(2);
  });

  it('refuses nested vocabularies, where text becomes a token that one of them has not', () => {
    const [short, long] = [tokens('t', 'h', 'th'), tokens('t', 'h', 'th', 'the')];
    expect(() => matchVocabularies(short, long)).toThrow(
      /token 3 is "the" in the MLM's vocabulary and no token in the AR model's/,
    );
    expect(() => matchVocabularies(long, short)).toThrow(
      /token 3 is no token in the MLM's vocabulary and "the" in the AR model's/,
    );
  });
});
