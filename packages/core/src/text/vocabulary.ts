// What the algorithms need of a tokenizer: text to ids and back, which ids are special, and the mask.
export interface Vocabulary {
  /** Ids of a piece of text, with no template and no special tokens added. */
  encode(text: string): Int32Array;
  /** Text of ids, special tokens included as they are written; partial UTF-8 becomes U+FFFD. */
  decode(ids: ArrayLike<number>): string;
  /** Ids that have a token; rows of the output embedding beyond are padding. */
  readonly size: number;
  readonly maskId: number;
  /** Ids that are never sampled: special tokens. (Ids from `size` on are never sampled either.) */
  readonly specialIds: ReadonlySet<number>;
  /** How the mask is written in text, for example `[MASK]`. */
  readonly maskToken: string;
}
