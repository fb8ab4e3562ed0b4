// Vocabularies from tokenizer files: roles, templates, exact bytes, hostile names, and broken files.

import { DataError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { goldenFiles, goldenVocabulary } from './golden-tokenizers.test.support.js';
import { createVocabulary, creatingVocabulary } from './tokenizer.js';

/** A tokenizer of single bytes that a test can change. */
function small(changes: Record<string, unknown> = {}) {
  return {
    added_tokens: [{ id: 3, content: '<s>', special: true }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: { a: 0, b: 1, Ġ: 2 }, merges: [] },
    ...changes,
  };
}

describe('createVocabulary', () => {
  it('reads roles, special ids and the template', () => {
    const vocabulary = goldenVocabulary();
    expect(vocabulary).toMatchObject({
      size: 600,
      unkId: 595,
      clsId: 596,
      sepId: 597,
      padId: 598,
      maskId: 599,
      maskToken: '[MASK]',
      template: { prefix: [596], suffix: [597] },
    });
    expect(vocabulary.bosId).toBeUndefined();
    expect([...vocabulary.specialIds].sort((a, b) => a - b)).toEqual([0, 1, 594, 595, 596, 597, 598, 599]);
    expect(vocabulary.tokens[593]).toBe('  ');

    const ar = createVocabulary(goldenFiles('tokenizer_ar'));
    expect(ar).toMatchObject({ eosId: 594, padId: 1, template: undefined, maskId: undefined });
  });

  it('reads declarations as strings or objects, from either file, and lists them as special', () => {
    const vocabulary = createVocabulary({
      tokenizer: small(),
      tokenizerConfig: {
        bos_token: { content: 'a', lstrip: true },
        eos_token: null,
        pad_token: 7,
        mask_token: 'absent',
      },
      specialTokensMap: { bos_token: '<s>', sep_token: { content: '<s>' }, additional_special_tokens: ['b'] },
    });
    expect(vocabulary).toMatchObject({ bosId: 0, sepId: 3, padId: undefined, maskId: undefined });
    expect(vocabulary.specialIds).toEqual(new Set([0, 1, 3]));
    expect(createVocabulary({ tokenizer: small() }).maskToken).toBe('[MASK]');
  });

  it('reads the template of each kind of post-processor', () => {
    const template = (post_processor: unknown) =>
      createVocabulary({ tokenizer: small({ post_processor }) }).template;
    const pair = { cls: ['a', 0], sep: ['b', 1] };
    expect(template({ type: 'BertProcessing', ...pair })).toEqual({ prefix: [0], suffix: [1] });
    expect(template({ type: 'RobertaProcessing', ...pair, trim_offsets: true })).toEqual({
      prefix: [0],
      suffix: [1],
    });
    const templateProcessing = {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: 'S', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { S: { id: 'S', ids: [3, 0], tokens: ['<s>', 'a'] } },
    };
    expect(template(templateProcessing)).toEqual({ prefix: [3, 0], suffix: [] });
    expect(template({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, templateProcessing] })).toEqual({
      prefix: [3, 0],
      suffix: [],
    });
    expect(() => template({ ...templateProcessing, special_tokens: {} })).toThrow(
      /names the token "S" and gives no id/,
    );
    expect(() => template({ ...templateProcessing, single: [] })).toThrow(
      /does not hold the text exactly once/,
    );
  });

  it('decodes bytes exactly: partial characters, added tokens, nothing tidied', async () => {
    const vocabulary = goldenVocabulary();
    const decode = (...ids: number[]) => vocabulary.decode(ids);
    const euro = await vocabulary.encode('€');
    expect(euro.length).toBeGreaterThan(1);
    expect(vocabulary.decode(euro)).toBe('€');
    expect(vocabulary.decode(euro.subarray(0, 1))).toBe('\ufffd');
    expect(vocabulary.decode(await vocabulary.encode(" , don 't ."))).toBe(" , don 't .");
    expect(decode(593, 599)).toBe('  [MASK]');
    expect(decode()).toBe('');
    expect(decode(600, 1_000_000)).toBe('');
    expect(vocabulary.decode(await vocabulary.encode('\ufeffa'))).toBe('\ufeffa');
    // An added token is text, also where its characters could stand for bytes.
    const latin = createVocabulary({ tokenizer: small({ added_tokens: [{ id: 3, content: '[¨M¨]' }] }) });
    expect(latin.decode([0, 3])).toBe('a[¨M¨]');
    expect(Buffer.from(latin.bytesOf(3)).toString()).toBe('[¨M¨]');
  });

  it('keeps tokens whose names are special to JavaScript', () => {
    const vocab: unknown = JSON.parse('{"a":0,"__proto__":1,"constructor":2}');
    const vocabulary = createVocabulary({ tokenizer: small({ model: { type: 'BPE', vocab, merges: [] } }) });
    expect(vocabulary.tokens).toEqual(['a', '__proto__', 'constructor', '<s>']);
    expect(vocabulary.decode([1, 2])).toBe('__proto__constructor');
  });

  it('stops now and then in a large vocabulary, whichever way it is listed', () => {
    const names = Array.from({ length: 100_000 }, (_, id) => `t${id}`);
    const models = [
      { type: 'BPE', vocab: Object.fromEntries(names.map((name, id) => [name, id])), merges: [] },
      { type: 'Unigram', vocab: names.map((name) => [name, -1]), unk_id: null },
    ];
    for (const model of models) {
      const files = { tokenizer: small({ model, added_tokens: [] }) };
      const making = creatingVocabulary(files);
      let stops = 0;
      let step = making.next();
      for (; !step.done; step = making.next()) stops++;
      expect(stops).toBeGreaterThanOrEqual(10);
      expect(step.value.tokens).toEqual(names);
    }
  });

  it('decodes other kinds of tokenizers through the library, without tidying', () => {
    const vocabulary = createVocabulary({
      tokenizer: small({
        pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
        decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
        model: { type: 'BPE', vocab: { '▁': 0, b: 1, '.': 2 }, merges: [] },
      }),
    });
    expect(vocabulary.decode([0, 1, 0, 2])).toBe('b .');
    expect(vocabulary.decode([])).toBe('');
  });

  it('says what is wrong with a tokenizer', () => {
    const wrong = (tokenizer: unknown) => () => createVocabulary({ tokenizer });
    expect(wrong(undefined)).toThrow(/the model has no tokenizer.json, no vocab.json with merges.txt/);
    expect(wrong({})).toThrow(/tokenizer.json, key "model": it must be a model with a vocabulary/);
    expect(wrong([])).toThrow(DataError);
    expect(wrong(small({ model: { type: 'BPE', vocab: { a: -1 }, merges: [] } }))).toThrow(
      /token "a" has the id -1/,
    );
    expect(wrong(small({ model: { type: 'BPE', vocab: { a: 1e9 }, merges: [] } }))).toThrow(
      /token "a" has the id 1000000000/,
    );
    expect(wrong(small({ model: { type: 'BPE', vocab: { a: [] }, merges: [] } }))).toThrow(
      /token "a" has no number as its id/,
    );
    expect(wrong(small({ model: { type: 'Unigram', vocab: [['a', 0], 5], unk_id: 0 } }))).toThrow(
      /entry 1 of its vocabulary holds no token/,
    );
    expect(wrong(small({ added_tokens: [{ id: 4e9, content: 'x' }] }))).toThrow(/added_tokens.0.id/);
    expect(wrong(small({ decoder: { type: 'Nonsense' } }))).toThrow(DataError);
    expect(wrong(small({ post_processor: { type: 'Nonsense' } }))).toThrow(DataError);
  });
});
