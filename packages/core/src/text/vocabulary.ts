// What the algorithms need of a tokenizer: text to ids and back, which ids are special, and the mask.

export interface EncodeOptions {
  /** The text goes on from text before it: no space is put in front of it, and its first word may be the rest of one. @default false */
  readonly continues?: boolean;
  /** Special tokens that are written in the text are read as tokens, not as text. @default true, as tokenizers do */
  readonly specialTokens?: boolean;
}

/** A text as tokens. */
export interface Tokenized {
  readonly ids: Int32Array;
  /**
   * The range of the text that each token stands for, half open, in UTF-16 units. A space that a token carries is in its range; tokens
   * that share a character have it in the ranges of all of them.
   */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export interface Vocabulary {
  /** Ids of a text, with no template and no special tokens added. Off the main thread. */
  encode(text: string, options?: EncodeOptions): Promise<Int32Array>;
  /** The same, with the places of the tokens. */
  tokenize(text: string, options?: EncodeOptions): Promise<Tokenized>;
  /**
   * Text of ids, special tokens included as they are written; partial UTF-8 becomes U+FFFD.
   * With `continues`, as it stands after other text: with the space that a tokenizer drops at the start of a text.
   */
  decode(ids: ArrayLike<number>, options?: Pick<EncodeOptions, 'continues'>): string;
  /** Told from the length of a text: no fewer tokens than that it has. Counting may stop at `enough`. @default 0, nothing is known */
  fewestTokens?(text: string, enough?: number): number;
  /** Ids that have a token; rows of the output embedding beyond are padding. */
  readonly size: number;
  readonly maskId: number;
  /** Ids that are never sampled: special tokens and placeholders. (Ids from `size` on are never sampled either.) */
  readonly specialIds: ReadonlySet<number>;
  /** How the mask is written in text, for example `[MASK]`. */
  readonly maskToken: string;
  /** The vocabulary's own string of an id, for example `Ġcat`; undefined where an id has no token. */
  readonly tokens: readonly (string | undefined)[];
  /** The bytes that a token stands for within a text: UTF-8, whole or in part. */
  bytesOf(id: number): Uint8Array;
}
