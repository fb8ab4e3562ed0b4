// Encodes texts with the tokenizers library, one tokenizer for each form in which a text can be read.
import type { EncodeOptions, Tokenized } from '@maria/core';
import type { JsonObject } from '../weights/json-file.js';
import { type EncodedText, encodedText } from './encoded-text.js';
import { plainForm, stepsOf, withinWord, withoutPrefix, withoutSpecialTokens } from './forms.js';
import type { NativeTokenizer } from './library.js';
import { isPlain } from './plain-steps.js';
import { canStartProcess, ProcessTokenizer } from './process-tokenizer.js';

type Make = (tokenizer: JsonObject) => NativeTokenizer;

/** Made when they are first used: of a pair, only one model's tokenizer encodes text. */
export class Encoders {
  readonly #plain: JsonObject;
  readonly #make: Make;
  readonly #made = new Map<string, NativeTokenizer>();
  /** For a tokenizer that may run away. */
  readonly #process: ProcessTokenizer | undefined;
  readonly #hasPrefix: boolean;
  /** Whether what follows an added token gets the prefix too, as the beginning of a text does. */
  readonly #prefixesEach: boolean;
  readonly #addedIds: ReadonlySet<unknown>;
  readonly #wordPrefix: string | undefined;

  constructor(tokenizer: JsonObject, make: Make) {
    this.#plain = plainForm(tokenizer);
    this.#make = make;
    this.#process = isPlain(tokenizer) || !canStartProcess() ? undefined : new ProcessTokenizer();
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
    const added = this.#prefixesEach ? Array.from(on.ids).findIndex((id) => this.#addedIds.has(id)) : -1;
    if (added < 0) return tokenized(text, on);
    const anew = await this.#encoding('start', specialTokens, text);
    const at = Array.from(anew.ids).findIndex(
      (id, i) => id === on.ids[added] && anew.offsets[2 * i] === on.offsets[2 * added],
    );
    return tokenized(text, at < 0 ? on : joined(on, added, anew, at));
  }

  /** A WordPiece model marks the pieces that go on in a word: the first word of a text may be the rest of one. */
  async #afterWord(text: string, specialTokens: boolean): Promise<Tokenized> {
    // Whether a letter before the text and its beginning are one word.
    const [whole, afterLetter] = await Promise.all([
      this.#encoding('start', specialTokens, text),
      this.#encoding('start', specialTokens, `a${text}`),
    ]);
    if (afterLetter.ids.length === 0 || endOfFirstWord(afterLetter) <= 1) return tokenized(text, whole);
    const rest = Array.from(whole.words).findIndex((word) => word !== whole.words[0]);
    const start = Array.from(text).slice(0, endOfFirstWord(whole)).join('');
    const first = await this.#encoding('word', specialTokens, start);
    return tokenized(text, joined(first, first.ids.length, whole, rest < 0 ? whole.ids.length : rest));
  }

  async #read(form: Form, specialTokens: boolean, text: string): Promise<Tokenized> {
    return tokenized(text, await this.#encoding(form, specialTokens, text));
  }

  async #encoding(form: Form, specialTokens: boolean, text: string): Promise<EncodedText> {
    const key = `${form} ${specialTokens}`;
    const json = () => {
      const given = specialTokens ? this.#plain : withoutSpecialTokens(this.#plain);
      if (form === 'start') return given;
      return form === 'on' ? withoutPrefix(given) : withinWord(given, this.#wordPrefix!);
    };
    if (this.#process) return this.#process.encode(key, () => JSON.stringify(json()), text);
    let made = this.#made.get(key);
    if (!made) {
      made = this.#make(json());
      this.#made.set(key, made);
    }
    return encodedText(await made.encode(text, null, { addSpecialTokens: false }));
  }
}

/** From the start of a text; going on from another one; within a word. */
type Form = 'start' | 'on' | 'word';

function endOfFirstWord({ offsets, words }: EncodedText): number {
  return Array.from(words).reduce(
    (end, word, i) => (word === words[0] ? Math.max(end, offsets[2 * i + 1]!) : end),
    0,
  );
}

/** The first tokens of one, and another from a token on. */
function joined(
  first: EncodedText,
  count: number,
  second: EncodedText,
  from: number,
): Omit<EncodedText, 'words'> {
  const slice = (list: ArrayLike<number>, start: number, end?: number) => Array.from(list).slice(start, end);
  return {
    ids: [...slice(first.ids, 0, count), ...slice(second.ids, from)],
    offsets: [...slice(first.offsets, 0, 2 * count), ...slice(second.offsets, 2 * from)],
  };
}

function tokenized(text: string, read: Omit<EncodedText, 'words'>): Tokenized {
  let places: readonly [starts: Int32Array, ends: Int32Array] | undefined;
  const known = () => {
    places ??= placesOf(text, read);
    return places;
  };
  return {
    ids: Int32Array.from(read.ids),
    get starts() {
      return known()[0];
    },
    get ends() {
      return known()[1];
    },
  };
}

/** The library counts code points, JavaScript UTF-16 units. */
function placesOf(text: string, { ids, offsets }: Omit<EncodedText, 'words'>): [Int32Array, Int32Array] {
  const units = unitsOf(text);
  const place = (index: number) => units?.[offsets[index]!] ?? offsets[index]!;
  return [Int32Array.from(ids, (_, i) => place(2 * i)), Int32Array.from(ids, (_, i) => place(2 * i + 1))];
}

/** The UTF-16 offset of each code point, and of the end; undefined where they are the same. */
function unitsOf(text: string): Int32Array | undefined {
  if (!/[\ud800-\udfff]/.test(text)) return undefined;
  const places = [0];
  for (const character of text) places.push(places.at(-1)! + character.length);
  return Int32Array.from(places);
}
