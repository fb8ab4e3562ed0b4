// Vocabularies that must agree id by id: what they share what is special, and the first id that differs.

import { DataError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { goldenFiles } from './golden-tokenizers.test.support.js';
import { matchVocabularies } from './match-vocabularies.js';
import { createVocabulary } from './tokenizer.js';

const tokens = (...list: (string | undefined)[]) => ({ tokens: list, specialIds: new Set([0]) });

describe('matchVocabularies', () => {
  it('accepts the golden pair', () => {
    const shared = matchVocabularies(
      createVocabulary(goldenFiles('tokenizer_ar')),
      createVocabulary(goldenFiles('tokenizer_mlm')),
    );
    expect(shared.size).toBe(600);
    expect([...shared.specialIds].sort((a, b) => a - b)).toEqual([0, 1, 594, 595, 596, 597, 598, 599]);
  });

  it('shares what both have where one has more, and what is special in either', () => {
    const ar = { tokens: ['<s>', 'a', 'b'], specialIds: new Set([0]) };
    const mlm = { tokens: ['<s>', 'a', 'b', '[MASK]', '[unused0]'], specialIds: new Set([1, 3]) };
    expect(matchVocabularies(ar, mlm)).toEqual({ size: 3, specialIds: new Set([0, 1, 3]) });
    expect(matchVocabularies(mlm, ar).size).toBe(3);
  });

  it('names the first id that differs, and both tokens', () => {
    const act = () => matchVocabularies(tokens('a', 'b', '<pad>', 'x'), tokens('a', 'b', '[UNK]', 'y', 'z'));
    expect(act).toThrow(
      'Cannot pair the models: token 2 is "[UNK]" in the MLM\'s vocabulary and "<pad>" in the AR model\'s.',
    );
    expect(act).toThrow(DataError);
    expect(() => matchVocabularies(tokens('a', undefined), tokens('a', 'b'))).toThrow(
      /token 1 is "b" in the MLM's vocabulary and no token in the AR model's/,
    );
    expect(matchVocabularies(tokens('a', undefined), tokens('a', undefined)).size).toBe(2);
  });
});
