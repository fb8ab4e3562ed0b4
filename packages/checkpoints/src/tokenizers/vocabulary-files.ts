// Makes a tokenizer.json of the files that older repositories have in its place: vocab.json with merges.txt, or vocab.txt.
import { DataError } from '@maria/core';
import type { JsonObject } from '../weights/json-file.js';
import { quote } from '../weights/quote.js';
import type { TokenizerClass, TokenizerKind } from './tokenizer-class.js';
import { badTokenizer } from './tokenizer-json.js';

export interface VocabularyFiles {
  /** vocab.json: ids by token. */
  readonly vocab?: JsonObject | undefined;
  /** merges.txt: a merge a line, the most frequent first. */
  readonly merges?: string | undefined;
  /** vocab.txt: a token a line, numbered from 0. */
  readonly wordPieces?: string | undefined;
}

/** Whether there is a tokenizer in this form. */
export function hasVocabularyFiles({ vocab, merges, wordPieces }: VocabularyFiles): boolean {
  return (vocab !== undefined && merges !== undefined) || wordPieces !== undefined;
}

/** The forms that a model's files have. */
export interface VocabularyForms {
  readonly merges: boolean;
  readonly wordPieces: boolean;
}

/** @throws DataError `tokenizer-class` where it is not known how the class splits a text */
export function requireKnownClass(
  { merges, wordPieces }: VocabularyForms,
  { name, kind }: TokenizerClass,
): 'merges' | 'wordPieces' {
  if (wordPieces && kind === 'bert') return 'wordPieces';
  if (merges && byteLevelSplitting(kind)) return 'merges';
  throw new DataError(
    'tokenizer-class',
    `Cannot read the tokenizer: it is ${merges ? 'vocab.json with merges.txt' : 'vocab.txt'} without a tokenizer.json, and ${name === undefined ? 'no class that reads them is named' : `the class ${quote(name)} is not one that is known to read them`}.`,
    { try: 'Save the tokenizer as tokenizer.json: AutoTokenizer.from_pretrained(…).save_pretrained(…).' },
  );
}

/**
 * The tokenizer as transformers builds it for the class. Flags and added tokens are not yet in it.
 * @throws DataError `missing-tokenizer`, or as `requireKnownClass`
 */
export function tokenizerOfVocabulary(files: VocabularyFiles, tokenizerClass: TokenizerClass): JsonObject {
  const { vocab, merges, wordPieces } = files;
  if (!hasVocabularyFiles(files))
    throw new DataError(
      'missing-tokenizer',
      'Cannot read the tokenizer: the model has no tokenizer.json, no vocab.json with merges.txt and no vocab.txt.',
    );
  const forms = {
    merges: vocab !== undefined && merges !== undefined,
    wordPieces: wordPieces !== undefined,
  };
  if (requireKnownClass(forms, tokenizerClass) === 'wordPieces') return wordPieceTokenizer(wordPieces!);
  return byteLevelTokenizer(vocab!, merges!, byteLevelSplitting(tokenizerClass.kind)!);
}

function wordPieceTokenizer(lines: string): JsonObject {
  const vocab = Object.create(null) as Record<string, number>;
  for (const [id, line] of lines.split('\n').entries()) {
    const token = line.trimEnd();
    if (token !== '') vocab[token] = id;
  }
  return {
    added_tokens: [],
    normalizer: { type: 'BertNormalizer', clean_text: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
/** Qwen2's own, where GPT-2's ends numbers and contractions otherwise. */
const qwen2Pattern = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

function byteLevelSplitting(kind: TokenizerKind): JsonObject | undefined {
  const nfc = { type: 'NFC' };
  if (kind === 'gpt2' || kind === 'roberta') return { normalizer: null, pre_tokenizer: byteLevel };
  if (kind === 'gpt_neox') return { normalizer: nfc, pre_tokenizer: byteLevel };
  if (kind !== 'qwen2') return undefined;
  const split = { type: 'Split', pattern: { Regex: qwen2Pattern }, behavior: 'Isolated', invert: false };
  const pretokenizers = [split, { ...byteLevel, use_regex: false }];
  return { normalizer: nfc, pre_tokenizer: { type: 'Sequence', pretokenizers } };
}

function byteLevelTokenizer(vocab: JsonObject, merges: string, splitting: JsonObject): JsonObject {
  return {
    added_tokens: [],
    ...splitting,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges: mergesOf(merges),
    },
  };
}

function mergesOf(text: string): [string, string][] {
  const merges: [string, string][] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#version')) continue;
    const [left, right, ...more] = line.split(' ');
    if (!left || !right || more.length > 0)
      throw badTokenizer(`line ${index + 1} of merges.txt holds no two tokens with a space between them`);
    merges.push([left, right]);
  }
  return merges;
}
