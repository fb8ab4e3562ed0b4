// One tokenizer of all its files: flags and tokens beside tokenizer.json, classes, and the forms without a tokenizer.json.
// Expected ids are those of transformers 5.18.0.

import { DataError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import type { TokenizerFiles } from './resolve-config.js';
import { createVocabulary } from './tokenizer.js';

const special = (id: number, content: string) => ({ id, content, special: true });
const list = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));

const bertTokens = [
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[PAD]',
  '[MASK]',
  'the',
  'The',
  'müller',
  'muller',
  '漢',
  '漢字',
];
const bert = {
  added_tokens: [special(0, '[UNK]')],
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: null,
  decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: list(bertTokens),
  },
};

const byteTokens = ['a', 'b', 'Ġ', 'ab', 'Ġa', '<s>', '</s>', '<', '>', 's', '/', '|', 'u', 'Ġab'];
const byteLevel = {
  added_tokens: [] as { id: number; content: string; special?: boolean; lstrip?: boolean }[],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    vocab: list(byteTokens),
    merges: ['a b', 'Ġ a', 'Ġ ab'],
  },
};

const ids = async (files: TokenizerFiles, text: string) => [...(await createVocabulary(files).encode(text))];
const message = (files: TokenizerFiles) => {
  try {
    createVocabulary(files);
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as DataError).message;
  }
  return 'no error';
};

describe('flags of tokenizer_config.json', () => {
  const read = (tokenizerConfig: object, text: string) => ids({ tokenizer: bert, tokenizerConfig }, text);

  it('win over the steps of the file for the classes that have them', async () => {
    const tokenizer_class = 'BertTokenizer';
    expect(await read({ tokenizer_class }, 'The Müller')).toEqual([5, 8]);
    expect(await read({ tokenizer_class, do_lower_case: false }, 'The müller')).toEqual([6, 7]);
    expect(await read({ tokenizer_class, strip_accents: false }, 'The Müller')).toEqual([5, 7]);
    expect(await read({ tokenizer_class, tokenize_chinese_chars: false }, '漢字')).toEqual([10]);
    expect(await read({ tokenizer_class }, '漢')).toEqual([9]);
    const cased = { ...bert, normalizer: { ...bert.normalizer, lowercase: false } };
    expect(await ids({ tokenizer: cased, tokenizerConfig: { tokenizer_class } }, 'The')).toEqual([5]);
    expect(await ids({ tokenizer: cased, config: { model_type: 'electra' } }, 'The')).toEqual([5]);
  });

  it('are not read for the classes that take the file as it is', async () => {
    const tokenizer_class = 'PreTrainedTokenizerFast';
    expect(await read({ tokenizer_class, do_lower_case: false }, 'The')).toEqual([5]);
    const files = {
      tokenizer: byteLevel,
      tokenizerConfig: { tokenizer_class: 'GPT2Tokenizer', add_prefix_space: true },
    };
    expect(await ids(files, 'ab')).toEqual([13]);
    expect(await ids({ ...files, config: { model_type: 'modernbert' } }, 'ab')).toEqual([3]);
  });

  it('are refused with both values where the file has no step for them', () => {
    const tokenizerConfig = { tokenizer_class: 'AlbertTokenizer', do_lower_case: false };
    expect(message({ tokenizer: bert, tokenizerConfig })).toBe(
      'Cannot read the tokenizer: tokenizer_config.json has do_lower_case: false for AlbertTokenizer, and tokenizer.json does as for true.',
    );
    const other = { ...bert, normalizer: null };
    expect(
      message({
        tokenizer: other,
        tokenizerConfig: { tokenizer_class: 'BertTokenizer', do_lower_case: true },
      }),
    ).toContain('has do_lower_case: true for BertTokenizer, and tokenizer.json does as for false');
    expect(message({ tokenizer: bert, tokenizerConfig: { ...tokenizerConfig, do_lower_case: true } })).toBe(
      'no error',
    );
  });

  it('keep other steps, which the model was trained with', async () => {
    const digits = { type: 'Digits', individual_digits: true };
    const pre_tokenizer = { type: 'Sequence', pretokenizers: [digits, byteLevel.pre_tokenizer] };
    const tokenizerConfig = { tokenizer_class: 'GPT2Tokenizer', add_prefix_space: true };
    expect(await ids({ tokenizer: { ...byteLevel, pre_tokenizer }, tokenizerConfig }, 'ab')).toEqual([13]);
  });

  it('split_special_tokens reads them as text unless asked otherwise', async () => {
    const tokenizer = {
      ...byteLevel,
      added_tokens: [special(5, '<s>'), special(14, '<u>'), { id: 15, content: 'ba' }],
    };
    expect(await ids({ tokenizer }, '<s>ba<u>')).toEqual([5, 15, 14]);
    const vocabulary = createVocabulary({ tokenizer, tokenizerConfig: { split_special_tokens: true } });
    expect([...(await vocabulary.encode('<s>ba<u>'))]).toEqual([7, 9, 8, 15, 7, 12, 8]);
    expect([...(await vocabulary.encode('<s>', { specialTokens: true }))]).toEqual([5]);
  });
});

describe('added tokens', () => {
  const user = { content: '<|u|>', special: true };

  it('are those that added_tokens_decoder lists too, and it says how they are cut', async () => {
    const tokenizer = { ...byteLevel, added_tokens: [special(5, '<s>')] };
    const tokenizerConfig = {
      added_tokens_decoder: { 5: { content: '<s>', special: true, lstrip: true }, 14: user },
    };
    const vocabulary = createVocabulary({ tokenizer, tokenizerConfig });
    expect([...(await vocabulary.encode('a <s>a<|u|>'))]).toEqual([0, 5, 0, 14]);
    expect(vocabulary.specialIds).toEqual(new Set([5, 14]));
    expect(vocabulary.tokens[14]).toBe('<|u|>');
  });

  it('are those of added_tokens.json, and declared ones of the model’s table', async () => {
    const files = {
      tokenizer: byteLevel,
      tokenizerConfig: { bos_token: '<s>', additional_special_tokens: ['<|u|>'], pad_token: '<none>' },
      addedTokens: { '<|u|>': 14 },
    };
    expect(await ids(files, '<s>a<|u|>')).toEqual([5, 0, 14]);
    const { bosId, padId, specialIds, size } = createVocabulary(files);
    expect({ bosId, padId, specialIds, size }).toEqual({
      bosId: 5,
      padId: undefined,
      specialIds: new Set([5, 14]),
      size: 15,
    });
  });

  it('are refused where files or the library number them otherwise', () => {
    const withDecoder = (added_tokens_decoder: object, added_tokens: object[] = []) =>
      message({ tokenizer: { ...byteLevel, added_tokens }, tokenizerConfig: { added_tokens_decoder } });
    expect(withDecoder({ 6: { content: '<s>' } })).toBe(
      'Cannot read the tokenizer: added_tokens_decoder of tokenizer_config.json gives "<s>" the id 6, and tokenizer.json 5.',
    );
    expect(withDecoder({ 20: user })).toContain(
      'the added token "<|u|>" has the id 20, where the next free one is 14: ids with gaps are not supported',
    );
    expect(withDecoder({ x: user })).toContain('added_tokens_decoder is not as expected');
    expect(withDecoder({}, [special(14, '<|u|>'), special(15, '<|v|>')])).toBe('no error');
    expect(withDecoder({}, [special(15, '<|v|>'), special(14, '<|u|>')])).toBe('no error');
  });
});

describe('classes', () => {
  it('have special tokens of their own where the files name none', () => {
    const tokenizer = byteLevel;
    expect(createVocabulary({ tokenizer, config: { model_type: 'roberta' } })).toMatchObject({
      clsId: 5,
      eosId: 6,
      maskId: undefined,
      maskToken: '<mask>',
      template: { prefix: [5], suffix: [6] },
    });
    expect(createVocabulary({ tokenizer: bert, config: { model_type: 'bert' } })).toMatchObject({
      maskId: 4,
      template: { prefix: [1], suffix: [2] },
    });
    const none = { tokenizer: bert, tokenizerConfig: { mask_token: null }, config: { model_type: 'bert' } };
    expect(createVocabulary(none).maskId).toBeUndefined();
    expect(createVocabulary({ tokenizer: bert }).maskId).toBeUndefined();
  });

  it('read no type of model that is not known, and tell the type where a file leaves it out', async () => {
    const model = (change: object) => ({ ...byteLevel, model: { ...byteLevel.model, ...change } });
    expect(message({ tokenizer: model({ type: 'Neural' }) })).toBe(
      'Cannot read the tokenizer: the type of its model is "Neural", not BPE, Unigram, WordPiece or WordLevel.',
    );
    expect(await ids({ tokenizer: model({ type: undefined }) }, 'ab')).toEqual([3]);
    const { post_processor: _, ...bare } = byteLevel;
    expect(createVocabulary({ tokenizer: bare }).template).toBeUndefined();
  });
});

describe('a tokenizer in parts', () => {
  const vocab = list(byteTokens);
  const merges = '#version: 0.2\na b\nĠ a\nĠ ab\n';

  it('is read from vocab.json and merges.txt', async () => {
    const config = { model_type: 'gpt2' };
    expect(await ids({ vocab, merges, config }, 'ab a')).toEqual([3, 4]);
    const tokenizerConfig = { tokenizer_class: 'RobertaTokenizer', add_prefix_space: true };
    const roberta = createVocabulary({ vocab, merges, tokenizerConfig });
    expect([...(await roberta.encode('ab</s>'))]).toEqual([13, 6]);
    expect(roberta.template).toEqual({ prefix: [5], suffix: [6] });
    const started = { tokenizer_class: 'Qwen2Tokenizer', bos_token: '<s>', add_bos_token: true };
    expect(createVocabulary({ vocab, merges, tokenizerConfig: started }).template).toEqual({
      prefix: [5],
      suffix: [],
    });
    expect(message({ vocab, merges: 'a b\na  b\n', config })).toContain(
      'line 2 of merges.txt holds no two tokens with a space between them',
    );
  });

  it('is read from vocab.txt', async () => {
    const wordPieces = `${bertTokens.join('\r\n')}\r\n`;
    const vocabulary = createVocabulary({ wordPieces, config: { model_type: 'bert' } });
    expect([...(await vocabulary.encode('The Müller[MASK]'))]).toEqual([5, 8, 4]);
    expect(vocabulary).toMatchObject({ size: 11, maskId: 4, template: { prefix: [1], suffix: [2] } });
    const tokenizerConfig = { do_lower_case: false };
    expect(await ids({ wordPieces, tokenizerConfig, config: { model_type: 'bert' } }, 'The')).toEqual([6]);
  });

  it('is refused where its class is not known', () => {
    expect(message({ vocab, merges, tokenizerConfig: { tokenizer_class: 'CLIPTokenizer' } })).toContain(
      'the class "CLIPTokenizer" is not one that is known to read them',
    );
    expect(message({ vocab })).toBe(
      'Cannot read the tokenizer: the model has no tokenizer.json, no vocab.json with merges.txt and no vocab.txt.',
    );
  });
});
