// A vocabulary made from a Hugging Face tokenizer's files. The tokenizers library encodes and decodes; byte-level ids are decoded here, exactly.
import { atOnce, type Vocabulary } from '@maria/core';
import type { JsonObject } from '../weights/json-file.js';
import { byteLevelDecoder } from './byte-level.js';
import { Encoders } from './encoders.js';
import { fewestTokensOf } from './fewest-tokens.js';
import { changeSteps, type Step, stepsOf } from './forms.js';
import { loadTokenizers, type NativeTokenizer } from './library.js';
import { type Merge, mergesOf } from './merges.js';
import { refuseGrowth } from './plain-steps.js';
import { reachedTokens } from './reached-tokens.js';
import { resolvingTokenizer, type TokenizerFiles } from './resolve-config.js';
import type { TokenRole } from './special-tokens.js';
import { surfaceOf } from './surface.js';
import { readTemplate, type Template } from './template.js';
import { badTokenizer, tokensInOneTurn } from './tokenizer-json.js';

/** A vocabulary with what its files say of it. An AR model's has no mask: `maskToken` is then only how gaps are written. */
export interface ModelVocabulary extends Omit<Vocabulary, 'maskId'> {
  /** Tokens beside the learned ones: cut from the text before the rest is split. Some are special, runs of spaces are not. */
  readonly addedIds: ReadonlySet<number>;
  /** Whether some text becomes this token. RoBERTa has words that fill its table up ("madeupword0000"), which none does. */
  isReached(id: number): boolean;
  /** Of a BPE tokenizer, in their order. */
  merges(): readonly Merge[] | undefined;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly clsId: number | undefined;
  readonly sepId: number | undefined;
  readonly padId: number | undefined;
  readonly unkId: number | undefined;
  readonly maskId: number | undefined;
  /** What the tokenizer puts around one sequence. */
  readonly template: Template | undefined;
}

function templateOf(tokenizer: JsonObject): Template | undefined {
  try {
    return readTemplate(tokenizer.post_processor);
  } catch (error) {
    throw badTokenizer((error as Error).message, error);
  }
}

function isByteLevel(decoder: unknown): boolean {
  return (decoder as Step | null | undefined)?.type === 'ByteLevel';
}

/** Stands before a text that goes on, for the decoder: what it drops at the start of a text is then kept. */
const wordBefore = 'x';

/** Other decoders than the byte-level one are the library's, with its tidying of spaces off. */
function libraryDecoder(
  tokenizer: JsonObject,
  tokens: readonly (string | undefined)[],
): Vocabulary['decode'] {
  const empty = { type: 'BPE', vocab: {}, merges: [] };
  const made = makeNative({ model: empty, decoder: withoutCleanup(tokenizer.decoder) }).getDecoder();
  // Without a decoder the library puts spaces between tokens.
  const decode = (strings: string[]) => (made ? made.decode(strings) : strings.join(' '));
  const isWordPiece = [...stepsOf(tokenizer.decoder)].some(({ type }) => type === 'WordPiece');
  return (ids, { continues = false } = {}) => {
    const strings = Array.from(ids, (id) => tokens[id]).filter((token) => token !== undefined);
    if (strings.length === 0) return '';
    if (!continues && !isWordPiece) return decode(strings);
    const text = decode([wordBefore, ...strings]);
    if (!text.startsWith(wordBefore)) return decode(strings);
    // The rest of a word is one also at the start of a text: the library would show its mark there.
    return continues ? text.slice(wordBefore.length) : text.slice(wordBefore.length).replace(/^ /, '');
  };
}

function withoutCleanup(decoder: unknown): unknown {
  return changeSteps(decoder, (step) => (step.type === 'WordPiece' ? { ...step, cleanup: false } : step));
}

function makeNative(tokenizer: JsonObject): NativeTokenizer {
  const { Tokenizer } = loadTokenizers();
  try {
    return Tokenizer.fromString(JSON.stringify(tokenizer));
  } catch (error) {
    throw badTokenizer((error as Error).message, error);
  }
}

/**
 * The library's part is made when it is first used: of a pair, only one model's tokenizer encodes text.
 * @throws DataError `missing-tokenizer` or `bad-tokenizer`
 */
export function createVocabulary(files: TokenizerFiles): ModelVocabulary {
  return atOnce(creatingVocabulary(files));
}

/** The same, which stops now and then where the vocabulary is large. */
export function* creatingVocabulary(files: TokenizerFiles): Generator<void, ModelVocabulary> {
  const { tokenizer, tokens, addedTokens, declared, splitSpecialTokens } = yield* resolvingTokenizer(files);
  refuseGrowth(tokenizer);
  const encoders = new Encoders(tokenizer, makeNative);
  const addedIds = new Set(addedTokens.map(({ id }) => id));
  const isReached = reachedTokens(tokenizer);
  const surface = surfaceOf(tokenizer);

  const idByToken = new Map<string, number>();
  for (let start = 0; start < tokens.length; start += tokensInOneTurn) {
    if (start > 0) yield;
    tokens.slice(start, start + tokensInOneTurn).forEach((token, i) => {
      if (token !== undefined) idByToken.set(token, start + i);
    });
  }
  const specialIds = new Set(addedTokens.filter(({ special }) => special).map(({ id }) => id));
  const idOf = (role: TokenRole): number | undefined => {
    const token = declared.byRole[role];
    return token === undefined ? undefined : idByToken.get(token);
  };

  const tokenize: Vocabulary['tokenize'] = (text, options) =>
    encoders.tokenize(text, { specialTokens: !splitSpecialTokens, ...options });
  const bytesOf = (id: number) => {
    const token = tokens[id];
    return token === undefined ? new Uint8Array() : surface(token, addedIds.has(id));
  };
  return {
    encode: async (text, options) => (await tokenize(text, options)).ids,
    tokenize,
    decode: isByteLevel(tokenizer.decoder) ? byteLevelDecoder(bytesOf) : libraryDecoder(tokenizer, tokens),
    fewestTokens: fewestTokensOf(tokenizer, isByteLevel(tokenizer.decoder), tokens),
    size: tokens.length,
    specialIds,
    tokens,
    bytesOf,
    addedIds,
    merges: () => mergesOf(tokenizer),
    isReached: (id) => addedIds.has(id) || (tokens[id] !== undefined && isReached(tokens[id])),
    bosId: idOf('bos'),
    eosId: idOf('eos'),
    clsId: idOf('cls'),
    sepId: idOf('sep'),
    padId: idOf('pad'),
    unkId: idOf('unk'),
    maskId: idOf('mask'),
    maskToken: declared.byRole.mask ?? '[MASK]',
    template: templateOf(tokenizer),
  };
}
