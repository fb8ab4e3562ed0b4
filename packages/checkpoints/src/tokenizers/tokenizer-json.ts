// What is read of a tokenizer.json, checked.
import { DataError, misfit } from '@maria/core';
import { z } from 'zod';
import type { JsonObject } from '../weights/json-file.js';
import { quote } from '../weights/quote.js';

/** Far above real vocabularies (some 300 thousand tokens); bounds what a hostile file makes us allocate. */
export const maxTokens = 4_000_000;

export const tokenId = z.int().nonnegative().lt(maxTokens);

/** A token that is cut from the text before the rest is split; what else its record says is kept as it is. */
const addedTokenSchema = z.looseObject({
  id: tokenId,
  content: z.string(),
  special: z.boolean().default(false),
});
export type AddedToken = z.infer<typeof addedTokenSchema>;

const tokenizerSchema = z.object({
  added_tokens: z.array(addedTokenSchema).default([]),
  // Passed through as it is: a copied record loses a token named "__proto__".
  model: z.custom<{ readonly vocab: object; readonly type?: unknown; readonly merges?: unknown }>(
    (model) => isObject(model) && isObject((model as { vocab?: unknown }).vocab),
    'it must be a model with a vocabulary',
  ),
  decoder: z.looseObject({ type: z.string() }).nullish(),
  post_processor: z.unknown().optional(),
});
export type TokenizerJson = z.infer<typeof tokenizerSchema>;

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function badTokenizer(fact: string, cause?: unknown, hint?: string): DataError {
  return new DataError('bad-tokenizer', `Cannot read the tokenizer: ${fact}.`, {
    cause,
    ...(hint !== undefined && { try: hint }),
  });
}

/** @throws DataError `bad-tokenizer` naming the key */
export function parseTokenizer(tokenizer: unknown): TokenizerJson {
  const parsed = tokenizerSchema.safeParse(tokenizer);
  if (parsed.success) return parsed.data;
  throw badTokenizer(`tokenizer.json, ${misfit(tokenizerSchema, tokenizer, parsed.error)}`, parsed.error);
}

const modelTypes = ['BPE', 'Unigram', 'WordPiece', 'WordLevel'] as const;
export type ModelType = (typeof modelTypes)[number];

/** Old files leave the type out; the library then tells it from the other keys. @throws DataError `bad-tokenizer` for a type that is not known */
export function modelTypeOf(model: TokenizerJson['model']): ModelType {
  const { type } = model;
  if (type === undefined) {
    if ('merges' in model) return 'BPE';
    if (Array.isArray(model.vocab)) return 'Unigram';
    return 'continuing_subword_prefix' in model ? 'WordPiece' : 'WordLevel';
  }
  const known = modelTypes.find((name) => name === type);
  if (known === undefined)
    throw badTokenizer(
      `the type of its model is ${JSON.stringify(type)?.slice(0, 80)}, not ${modelTypes.slice(0, -1).join(', ')} or ${modelTypes.at(-1)}`,
    );
  return known;
}

/** Tokens that are looked at in one go. */
export const tokensInOneTurn = 2 ** 14;

/** The model's own tokens by id; stops now and then. @throws DataError `bad-tokenizer` naming a token without an id that can be */
export function* modelTokens({
  model,
}: Pick<TokenizerJson, 'model'>): Generator<void, (string | undefined)[]> {
  // Unigram lists [token, score]; the other models map tokens to ids.
  const { vocab } = model;
  const entries: readonly unknown[] = Array.isArray(vocab) ? vocab : Object.keys(vocab);
  if (entries.length > maxTokens) throw badTokenizer(`it has ${entries.length} tokens`);
  const tokens: (string | undefined)[] = [];
  for (let start = 0; start < entries.length; start += tokensInOneTurn) {
    if (start > 0) yield;
    entries.slice(start, start + tokensInOneTurn).forEach((entry, i) => {
      if (Array.isArray(vocab)) place(tokens, Array.isArray(entry) ? entry[0] : undefined, start + i);
      else place(tokens, entry, (vocab as JsonObject)[entry as string]);
    });
  }
  return Array.from(tokens);
}

function place(tokens: (string | undefined)[], token: unknown, id: unknown): void {
  if (typeof token !== 'string') throw badTokenizer(`entry ${id} of its vocabulary holds no token`);
  if (!(Number.isInteger(id) && Number(id) >= 0 && Number(id) < maxTokens))
    throw badTokenizer(
      `token ${quote(token)} has ${typeof id === 'number' ? `the id ${id}` : 'no number as its id'}`,
    );
  tokens[id as number] = token;
}
