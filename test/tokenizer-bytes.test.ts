// What the bytes of tokens say: those of a text's tokens, joined, are the text as the tokenizer can hold it, and what decoding gives.
import { createVocabulary, type ModelVocabulary, openCheckpoint } from '@maria/checkpoints';
import { describe, expect, it } from 'vitest';
import { openVocabulary, testFolder } from './tokenizer-files.js';

/** MARIA_TEXTS=20000 for the whole of it. */
const count = Number(process.env.MARIA_TEXTS ?? 400);

/** A repeatable source of numbers below 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const parts = [
  ...[
    'The',
    'the',
    'mu',
    'ller',
    'Once upon',
    'Straße',
    'Привет',
    '漢字',
    'é',
    'e\u0301',
    'İ',
    'ß',
    '½',
    '①',
  ],
  ...[
    '12',
    '3.14',
    '😀',
    '👩‍👩‍👧',
    '\0',
    '\u0007',
    '\u200b',
    '\u00a0',
    '\u3000',
    '\ufeff',
    '▁',
    'Ġ',
    '##s',
    'ﬁ',
  ],
  ...['<unk>', '[UNK]', '[MASK]', '<mask>', '<s>', '<|mask|>', '<|endoftext|>', '\ufffd', '\uffff', '\u2028'],
  ...[
    '\n',
    '\r\n',
    '\t',
    ' ',
    '  ',
    '    ',
    "'s",
    ',',
    '.',
    '--',
    '(',
    'a\u0323\u0307',
    '한국',
    'ไทย',
    'עברית',
  ],
];

function texts(seed: number, from: readonly string[], strange: boolean): string[] {
  const next = numbers(seed);
  const below = (end: number) => Math.floor(next() * end);
  const part = () => {
    const kind = next();
    if (kind < 0.75) return from[below(from.length)]!;
    if (kind < 0.9 || !strange) return String.fromCodePoint(0x20 + below(0x5f));
    const character = below(0x10f800);
    return String.fromCodePoint(character < 0xd800 ? character : character + 0x800);
  };
  const piece = () => part() + (next() < 0.4 ? ' ' : '');
  return Array.from({ length: count }, () => Array.from({ length: below(9) }, piece).join(''));
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function written(vocabulary: ModelVocabulary, ids: Int32Array): string {
  return utf8.decode(Buffer.concat(Array.from(ids, vocabulary.bytesOf)));
}

async function check(
  vocabulary: ModelVocabulary,
  given: readonly string[],
  held: (text: string) => string,
): Promise<void> {
  for (const text of given) {
    const { ids, starts, ends } = await vocabulary.tokenize(text, { continues: true, specialTokens: false });
    const joined = written(vocabulary, ids);
    expect([text, joined]).toEqual([text, held(text)]);
    expect([text, vocabulary.decode(ids, { continues: true })]).toEqual([text, joined]);
    for (const [i, start] of starts.entries())
      expect(0 <= start && start <= ends[i]! && ends[i]! <= text.length).toBe(true);
  }
}

const goldens = ['goldens/tokenizer_ar', 'goldens/tokenizer_mlm'];
const ettin = ['ettin_ar', 'ettin_mlm'].map((name) => `goldens-families/tokenizers/${name}`);
const llama = ['llama3_ar', 'llama3_mlm'].map((name) => `goldens-families/tokenizers/${name}`);
const gemma = ['gemma_ar', 'gemma_mlm', 'gemma_mlm_prefix'].map(
  (name) => `goldens-families/tokenizers/${name}`,
);
const bugs = [
  'add-prefix-space-config',
  'added-token-single-word',
  'added-tokens-decoder',
  'digits-non-ascii',
  'punctuation-isolated',
  'split-invert-isolated',
  'split-merged-with-previous',
].map((name) => `bugs/tokenizers/${name}`);

describe('the bytes of tokens', () => {
  const strange = texts(7, parts, true);

  it.each([...llama, ...bugs])('byte-level, %s', async (path) => {
    await check(openVocabulary(testFolder + path), strange, (text) => text);
  });

  it.each([...goldens, ...ettin])('byte-level, composed, %s', async (path) => {
    await check(openVocabulary(testFolder + path), strange, (text) => text.normalize('NFC'));
  });

  it.each(gemma)('with ▁, %s', async (path) => {
    // One of them puts a ▁ after each added token, which runs of line breaks are.
    const given = path.endsWith('prefix') ? strange.filter((text) => !text.includes('\n')) : strange;
    await check(openVocabulary(testFolder + path), given, (text) => text.replaceAll('▁', ' '));
  });

  it('Unigram with ▁ and bytes', async () => {
    const vocabulary = openVocabulary(`${testFolder}bugs/tokenizers/unigram-byte-fallback`);
    await check(vocabulary, strange, (text) => text.replaceAll('▁', ' '));
  });

  it('WordPiece', async () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
    const punctuation = Array.from({ length: 0x5f }, (_, i) => String.fromCharCode(0x20 + i)).filter(
      (character) => !/[\sA-Za-z0-9]/.test(character),
    );
    const pieces = [
      'the',
      '##ller',
      '##s',
      'mu',
      'once',
      ...letters,
      ...letters.map((letter) => `##${letter}`),
    ];
    const vocabulary = createVocabulary({
      wordPieces: ['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]', ...pieces, ...punctuation].join('\n'),
      config: { model_type: 'bert' },
    });
    const plain = texts(
      11,
      ['The', 'the', 'mu', 'ller', 'Once upon', 's', '12', '##s', ' ', '\n', '[MASK]'],
      false,
    );
    // Words have a space before them; the first one goes on in the word before the text, if there is one.
    const held = (text: string) =>
      [...text.toLowerCase().matchAll(/[a-z0-9]+|[^\sa-z0-9]/g)]
        .map(({ 0: word, index }) => (index === 0 && /^\w/.test(word) && word !== '_' ? word : ` ${word}`))
        .join('');
    await check(vocabulary, plain, held);
  });
});

describe('the embedded pair', () => {
  it('holds any text, composed', async () => {
    const vocabulary = createVocabulary(openCheckpoint(`${testFolder}../models/tiny/mlm`));
    await check(vocabulary, texts(3, parts, true), (text) => text.normalize('NFC'));
  });
});
