// What the tokens of a vocabulary are as text: which carry a space, which break a line, which are parts of characters.
import { ownTurn } from '../own-turn.js';
import type { Vocabulary } from './vocabulary.js';

const known = new WeakMap<object, TokenTexts>();

/** Worked out once for a vocabulary. */
export function tokenTexts(vocabulary: TokenSource): TokenTexts {
  const texts = known.get(vocabulary.bytesOf) ?? new TokenTexts(vocabulary);
  known.set(vocabulary.bytesOf, texts);
  return texts;
}

type TokenSource = Pick<Vocabulary, 'size' | 'bytesOf'>;

/** How many bytes still belong to a character that is not whole, and in which range the next of them is. */
export interface Utf8State {
  readonly missing: number;
  readonly least: number;
  readonly most: number;
}

/** Between two characters. */
export const wholeCharacters: Utf8State = { missing: 0, least: 0x80, most: 0xbf };

/** What a token of a fill may be. */
export interface TokenDemand {
  /** What its text begins with; '' for no white space; undefined for anything. */
  readonly lead: string | undefined;
  /** Most bytes that may be missing of its last character. */
  readonly missing: number;
  readonly lineBreaks: boolean;
}

/** What a token is, whatever is asked of it. */
interface Look {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The state after it where whole characters stand before it. */
  readonly after: Utf8State | undefined;
}

const looksInOneTurn = 2048;

export class TokenTexts {
  readonly #source: TokenSource;
  readonly #masks = new Map<string, Uint8Array>();
  readonly #looks: Look[] = [];
  #preparing: Promise<void> | undefined;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** Looks at all tokens, in parts. Else they are looked at when they are first needed, all at once. */
  prepare(): Promise<void> {
    this.#preparing ??= (async () => {
      for (let id = 0; id < this.#source.size; id++) {
        if (id % looksInOneTurn === 0) await ownTurn();
        this.#look(id);
      }
    })();
    return this.#preparing;
  }

  #look(id: number): Look {
    const known = this.#looks[id];
    if (known) return known;
    const bytes = this.#source.bytesOf(id);
    const look = { bytes, text: text(bytes), after: utf8After(wholeCharacters, bytes) };
    this.#looks[id] = look;
    return look;
  }

  /** 1 for each id that may stand after `before`, and 0 for the others. */
  allowed(demand: TokenDemand, before: Utf8State): Uint8Array {
    const { lead, missing, lineBreaks } = demand;
    const key = JSON.stringify([lead, missing, lineBreaks, before]);
    const mask = this.#masks.get(key) ?? this.#mask(demand, before);
    this.#masks.set(key, mask);
    return mask;
  }

  /** The state after a token's bytes; undefined where they do not go on from `before`. */
  after(before: Utf8State, id: number): Utf8State | undefined {
    if (!(id >= 0 && id < this.#source.size)) return undefined;
    const look = this.#look(id);
    return before.missing > 0 ? utf8After(before, look.bytes) : look.after;
  }

  #mask({ lead, missing, lineBreaks }: TokenDemand, before: Utf8State): Uint8Array {
    return Uint8Array.from({ length: this.#source.size }, (_, id) => {
      const after = this.after(before, id);
      if (!after || after.missing > missing) return 0;
      if (lead === undefined && lineBreaks) return 1;
      const written = this.#look(id).text;
      if (!lineBreaks && lineBreak.test(written)) return 0;
      if (lead === undefined) return 1;
      return (lead === '' ? !/^\s/.test(written) : written.startsWith(lead)) ? 1 : 0;
    });
  }
}

/** What ends a line for some reader of text. */
const lineBreak = /[\n\v\f\r\u0085\u2028\u2029]/;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
export function utf8After(before: Utf8State, bytes: Uint8Array): Utf8State | undefined {
  let state = before;
  for (const byte of bytes) {
    if (state.missing > 0) {
      if (byte < state.least || byte > state.most) return undefined;
      state = { missing: state.missing - 1, least: 0x80, most: 0xbf };
    } else if (byte >= 0x80) {
      const next = startsWith(byte);
      if (!next) return undefined;
      state = next;
    }
  }
  return state;
}

function startsWith(byte: number): Utf8State | undefined {
  if (byte >= 0xc2 && byte <= 0xdf) return { missing: 1, least: 0x80, most: 0xbf };
  if (byte >= 0xe0 && byte <= 0xef)
    return { missing: 2, least: byte === 0xe0 ? 0xa0 : 0x80, most: byte === 0xed ? 0x9f : 0xbf };
  if (byte >= 0xf0 && byte <= 0xf4)
    return { missing: 3, least: byte === 0xf0 ? 0x90 : 0x80, most: byte === 0xf4 ? 0x8f : 0xbf };
  return undefined;
}
