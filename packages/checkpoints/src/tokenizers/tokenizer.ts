// A vocabulary made from a Hugging Face tokenizer's files. The library encodes; byte-level ids are decoded here, exactly.
import { Tokenizer } from '@huggingface/tokenizers';
import { DataError, misfit, type Vocabulary } from '@maria/core';
import { z } from 'zod';
import { byteLevelDecoder } from './byte-level.js';
import { declaredSpecialTokens, type TokenRole } from './special-tokens.js';
import { readTemplate, type Template } from './template.js';

/** The parsed files. */
export interface TokenizerFiles {
  /** tokenizer.json */
  tokenizer: unknown;
  /** tokenizer_config.json */
  tokenizerConfig?: unknown;
  /** special_tokens_map.json */
  specialTokensMap?: unknown;
}

/** A vocabulary with what its files say of it. An AR model's has no mask: `maskToken` is then only how gaps are written. */
export interface ModelVocabulary extends Omit<Vocabulary, 'maskId'> {
  /** By id; undefined where an id has no token. */
  readonly tokens: readonly (string | undefined)[];
  /** Tokens beside the learned ones: cut from the text before the rest is split. Some are special, runs of spaces are not. */
  readonly addedIds: ReadonlySet<number>;
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

/** Far above real vocabularies (some 300 thousand tokens); bounds what a hostile file makes us allocate. */
const maxTokens = 4_000_000;

const tokenizerSchema = z.object({
  added_tokens: z.array(
    z.object({
      id: z.int().nonnegative().lt(maxTokens),
      content: z.string(),
      special: z.boolean().default(false),
    }),
  ),
  // Passed through as it is: a copied record loses a token named "__proto__".
  model: z.object({ vocab: z.custom<object>((vocab) => typeof vocab === 'object' && vocab !== null) }),
  decoder: z.looseObject({ type: z.string() }).nullish(),
  post_processor: z.unknown(),
});
type TokenizerJson = z.infer<typeof tokenizerSchema>;

function bad(fact: string, cause?: unknown): DataError {
  return new DataError('bad-tokenizer', `Cannot read the tokenizer: ${fact}.`, { cause });
}

function parseTokenizer(tokenizer: unknown): TokenizerJson {
  if (tokenizer === undefined)
    throw new DataError('missing-tokenizer', 'Cannot read the tokenizer: the model has no tokenizer.json.');
  const parsed = tokenizerSchema.safeParse(tokenizer);
  if (parsed.success) return parsed.data;
  throw bad(`tokenizer.json, ${misfit(tokenizerSchema, tokenizer, parsed.error)}`, parsed.error);
}

function isTokenId(id: unknown): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < maxTokens;
}

function tokensById({ model, added_tokens }: TokenizerJson): (string | undefined)[] {
  // Unigram lists [token, score]; the other models map tokens to ids.
  const pairs: [token: unknown, id: unknown][] = Array.isArray(model.vocab)
    ? model.vocab.map((entry: unknown, id) => [Array.isArray(entry) ? entry[0] : undefined, id])
    : Object.entries(model.vocab);
  if (pairs.length > maxTokens) throw bad(`it has ${pairs.length} tokens`);
  const tokens: (string | undefined)[] = [];
  for (const [token, id] of pairs) {
    if (typeof token !== 'string') throw bad(`entry ${id} of its vocabulary holds no token`);
    if (!isTokenId(id))
      throw bad(
        `token ${JSON.stringify(token.slice(0, 80))} has ${typeof id === 'number' ? `the id ${id}` : 'no number as its id'}`,
      );
    tokens[id] = token;
  }
  for (const { id, content } of added_tokens) tokens[id] = content;
  return Array.from(tokens);
}

function makeTokenizer(files: TokenizerFiles): Tokenizer {
  try {
    return new Tokenizer(files.tokenizer as object, (files.tokenizerConfig ?? {}) as object);
  } catch (error) {
    throw bad((error as Error).message, error);
  }
}

function templateOf(json: TokenizerJson): Template | undefined {
  try {
    return readTemplate(json.post_processor);
  } catch (error) {
    throw bad((error as Error).message, error);
  }
}

/** Other decoders than the byte-level one are the library's, with its tidying of spaces off. */
function libraryDecoder(tokenizer: () => Tokenizer): (ids: ArrayLike<number>) => string {
  return (ids) =>
    ids.length === 0
      ? ''
      : tokenizer().decode(Array.from(ids), {
          skip_special_tokens: false,
          clean_up_tokenization_spaces: false,
        });
}

/**
 * The library's part is made when it is first used: of a pair, only one model's tokenizer encodes text.
 * @throws DataError `missing-tokenizer` or `bad-tokenizer`
 */
export function createVocabulary(files: TokenizerFiles): ModelVocabulary {
  const json = parseTokenizer(files.tokenizer);
  const tokens = tokensById(json);
  let made: Tokenizer | undefined;
  const tokenizer = () => {
    made ??= makeTokenizer(files);
    return made;
  };
  const declared = declaredSpecialTokens(files.tokenizerConfig, files.specialTokensMap);

  const idByToken = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (token !== undefined) idByToken.set(token, id);
  });
  const specialIds = new Set(json.added_tokens.filter(({ special }) => special).map(({ id }) => id));
  for (const token of declared.all) {
    const id = idByToken.get(token);
    if (id !== undefined) specialIds.add(id);
  }
  const idOf = (role: TokenRole): number | undefined => {
    const token = declared.byRole[role];
    return token === undefined ? undefined : idByToken.get(token);
  };

  return {
    encode: (text) => Int32Array.from(tokenizer().encode(text, { add_special_tokens: false }).ids),
    decode: json.decoder?.type === 'ByteLevel' ? byteLevelDecoder(tokens) : libraryDecoder(tokenizer),
    size: tokens.length,
    specialIds,
    tokens,
    addedIds: new Set(json.added_tokens.map(({ id }) => id)),
    bosId: idOf('bos'),
    eosId: idOf('eos'),
    clsId: idOf('cls'),
    sepId: idOf('sep'),
    padId: idOf('pad'),
    unkId: idOf('unk'),
    maskId: idOf('mask'),
    maskToken: declared.byRole.mask ?? '[MASK]',
    template: templateOf(json),
  };
}
