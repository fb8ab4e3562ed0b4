// Forms of a tokenizer.json that the library is given: for a text from its start or one that goes on, with special tokens or without.
import type { JsonObject } from '../weights/json-file.js';

/** What tokenizer.json says of one step: its `type`, and what that type needs. */
export type Step = JsonObject & { readonly type?: unknown };

/** Any part that is a list of steps of its own, by the key that holds it. */
const lists = ['pretokenizers', 'normalizers', 'decoders'] as const;

/** A step, and all steps within it. */
export function* stepsOf(step: unknown): Generator<Step> {
  if (typeof step !== 'object' || step === null) return;
  yield step as Step;
  for (const key of lists) {
    const inner = (step as Step)[key];
    if (Array.isArray(inner)) for (const one of inner) yield* stepsOf(one);
  }
}

/** The same step with `change` made to it and to all within; null takes one out. */
export function changeSteps(step: unknown, change: (step: Step) => Step | null): unknown {
  if (typeof step !== 'object' || step === null) return step;
  const changed: Step | null = change(step as Step);
  if (changed === null) return null;
  const inner = lists.flatMap((key) => {
    const list = changed[key];
    if (!Array.isArray(list)) return [];
    return [[key, list.map((one) => changeSteps(one, change)).filter((one) => one !== null)]];
  });
  return { ...changed, ...Object.fromEntries(inner) };
}

/** Without what is not for reading, or ours to do: decoding, templates around a text, truncation and padding. Offsets then hold the spaces that tokens carry. */
export function plainForm(tokenizer: JsonObject): JsonObject {
  return { ...tokenizer, decoder: null, post_processor: null, truncation: null, padding: null };
}

/**
 * Special tokens that are written in a text are text. The library numbers added tokens that the model has not by counting on, so such
 * a token keeps its place, under a name of characters that are none.
 */
export function withoutSpecialTokens(tokenizer: JsonObject): JsonObject {
  const added = tokenizer.added_tokens as readonly { id: number; content: string; special: boolean }[];
  const { vocab } = tokenizer.model as { vocab: object };
  const isInModel = Array.isArray(vocab)
    ? (content: string) => vocab.some(([token]) => token === content)
    : (content: string) => Object.hasOwn(vocab, content);
  return {
    ...tokenizer,
    added_tokens: added.flatMap((token) => {
      if (!token.special) return [token];
      return isInModel(token.content) ? [] : [{ ...token, content: `\ufdd0${token.id}\ufdd0` }];
    }),
  };
}

/** For a text that goes on from another: nothing is put before it. */
export function withoutPrefix(tokenizer: JsonObject): JsonObject {
  return {
    ...tokenizer,
    normalizer: changeSteps(tokenizer.normalizer, (step) => (step.type === 'Prepend' ? null : step)),
    pre_tokenizer: changeSteps(tokenizer.pre_tokenizer, (step) => {
      if (step.type === 'ByteLevel') return { ...step, add_prefix_space: false };
      if (step.type !== 'Metaspace') return step;
      const { add_prefix_space: _, ...rest } = step;
      return { ...rest, prepend_scheme: 'never' };
    }),
  };
}

/** For the rest of a word: a WordPiece model whose words begin with the pieces that go on in one. */
export function withinWord(tokenizer: JsonObject, prefix: string): JsonObject {
  const model = tokenizer.model as JsonObject & { vocab: Record<string, number> };
  const vocab = Object.create(null) as Record<string, number>;
  const unknown = model.unk_token;
  for (const [piece, id] of Object.entries(model.vocab)) {
    if (piece === unknown) vocab[piece] = id;
    if (!piece.startsWith(prefix) || piece.length === prefix.length) continue;
    vocab[piece] = id;
    vocab[piece.slice(prefix.length)] = id;
  }
  return { ...tokenizer, model: { ...model, vocab } };
}
