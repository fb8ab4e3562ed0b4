// Encodes texts with the tokenizers library, one tokenizer for each form in which a text can be read.
import type { EncodeOptions, Tokenized } from '@maria/core';
import type { JsonObject } from '../weights/json-file.js';
import { plainForm, stepsOf, withinWord, withoutPrefix, withoutSpecialTokens } from './forms.js';
import type { NativeTokenizer } from './library.js';

type Make = (tokenizer: JsonObject) => NativeTokenizer;

/** Made when they are first used: of a pair, only one model's tokenizer encodes text. */
export class Encoders {
  readonly #plain: JsonObject;
  readonly #make: Make;
  readonly #made = new Map<string, NativeTokenizer>();
  readonly #hasPrefix: boolean;
  /** Whether what follows an added token gets the prefix too, as the beginning of a text does. */
  readonly #prefixesEach: boolean;
  readonly #addedIds: ReadonlySet<unknown>;
  readonly #wordPrefix: string | undefined;

  constructor(tokenizer: JsonObject, make: Make) {
    this.#plain = plainForm(tokenizer);
    this.#make = make;
    const model = tokenizer.model as JsonObject;
    this.#wordPrefix =
      model.type === 'WordPiece' ? String(model.continuing_subword_prefix ?? '##') : undefined;
    const steps = [...stepsOf(tokenizer.normalizer), ...stepsOf(tokenizer.pre_tokenizer)];
    this.#hasPrefix = steps.some(
      ({ type, add_prefix_space, prepend_scheme }) =>
        type === 'Prepend' ||
        (type === 'ByteLevel' && add_prefix_space !== false) ||
        (type === 'Metaspace' && prepend_scheme !== 'never'),
    );
    this.#prefixesEach =
      this.#hasPrefix &&
      !steps.some(({ type, prepend_scheme }) => type === 'Metaspace' && prepend_scheme === 'first');
    const added = Array.isArray(tokenizer.added_tokens) ? (tokenizer.added_tokens as JsonObject[]) : [];
    this.#addedIds = new Set(added.map(({ id }) => id));
  }

  async tokenize(
    text: string,
    { continues = false, specialTokens = true }: EncodeOptions = {},
  ): Promise<Tokenized> {
    if (!continues) return this.#read('start', specialTokens, text);
    if (this.#wordPrefix === undefined)
      return this.#hasPrefix ? this.#goingOn(text, specialTokens) : this.#read('start', specialTokens, text);
    return this.#afterWord(text, specialTokens);
  }

  /** Only the text before the first added token goes on: what follows one begins anew. */
  async #goingOn(text: string, specialTokens: boolean): Promise<Tokenized> {
    const on = await this.#encoding('on', specialTokens, text);
    const [ids, offsets] = [on.getIds(), on.getOffsets()];
    const added = this.#prefixesEach ? ids.findIndex((id) => this.#addedIds.has(id)) : -1;
    if (added < 0) return tokenized(text, ids, offsets);
    const anew = await this.#encoding('start', specialTokens, text);
    const [newIds, newOffsets] = [anew.getIds(), anew.getOffsets()];
    const at = newIds.findIndex((id, i) => id === ids[added] && newOffsets[i]![0] === offsets[added]![0]);
    if (at < 0) return tokenized(text, ids, offsets);
    return tokenized(
      text,
      [...ids.slice(0, added), ...newIds.slice(at)],
      [...offsets.slice(0, added), ...newOffsets.slice(at)],
    );
  }

  /** A WordPiece model marks the pieces that go on in a word: the first word of a text may be the rest of one. */
  async #afterWord(text: string, specialTokens: boolean): Promise<Tokenized> {
    // Whether a letter before the text and its beginning are one word.
    const [whole, joined] = await Promise.all([
      this.#encoding('start', specialTokens, text),
      this.#encoding('start', specialTokens, `a${text}`),
    ]);
    const words = joined.getWordIds();
    const endOfFirst = (
      offsets: readonly (readonly number[])[],
      ids: readonly (number | null | undefined)[],
    ) => offsets.reduce((end, [, to], i) => (ids[i] === ids[0] ? Math.max(end, to!) : end), 0);
    if (words.length === 0 || endOfFirst(joined.getOffsets(), words) <= 1)
      return tokenized(text, whole.getIds(), whole.getOffsets());
    const wordIds = whole.getWordIds();
    const end = endOfFirst(whole.getOffsets(), wordIds);
    const rest = wordIds.findIndex((word) => word !== wordIds[0]);
    const first = await this.#encoding('word', specialTokens, Array.from(text).slice(0, end).join(''));
    const from = rest < 0 ? wordIds.length : rest;
    return tokenized(
      text,
      [...first.getIds(), ...whole.getIds().slice(from)],
      [...first.getOffsets(), ...whole.getOffsets().slice(from)],
    );
  }

  async #read(form: Form, specialTokens: boolean, text: string): Promise<Tokenized> {
    const encoding = await this.#encoding(form, specialTokens, text);
    return tokenized(text, encoding.getIds(), encoding.getOffsets());
  }

  #encoding(form: Form, specialTokens: boolean, text: string) {
    const key = `${form} ${specialTokens}`;
    let made = this.#made.get(key);
    if (!made) {
      const given = specialTokens ? this.#plain : withoutSpecialTokens(this.#plain);
      made = this.#make(
        form === 'start'
          ? given
          : form === 'on'
            ? withoutPrefix(given)
            : withinWord(given, this.#wordPrefix!),
      );
      this.#made.set(key, made);
    }
    return made.encode(text, null, { addSpecialTokens: false });
  }
}

/** From the start of a text; going on from another one; within a word. */
type Form = 'start' | 'on' | 'word';

/** The library counts code points, JavaScript UTF-16 units. */
function tokenized(text: string, ids: readonly number[], offsets: readonly (readonly number[])[]): Tokenized {
  const units = unitsOf(text);
  const place = (codePoint: number) => units?.[codePoint] ?? codePoint;
  return {
    ids: Int32Array.from(ids),
    starts: Int32Array.from(offsets, ([start]) => place(start!)),
    ends: Int32Array.from(offsets, ([, end]) => place(end!)),
  };
}

/** The UTF-16 offset of each code point, and of the end; undefined where they are the same. */
function unitsOf(text: string): Int32Array | undefined {
  if (!/[\ud800-\udfff]/.test(text)) return undefined;
  const places = [0];
  for (const character of text) places.push(places.at(-1)! + character.length);
  return Int32Array.from(places);
}
