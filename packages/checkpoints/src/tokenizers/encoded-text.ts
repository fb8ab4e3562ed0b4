// A text as the tokenizers library splits it, here or in another process.

export interface EncodedText {
  readonly ids: ArrayLike<number>;
  /** Start and end of each token in code points, one after the other. */
  readonly offsets: ArrayLike<number>;
  /** Number of the word that each token is of; -1 where it is of none. */
  readonly words: ArrayLike<number>;
}

/** The part of the library's encoding that is read. */
interface Encoding {
  getIds(): number[];
  getOffsets(): number[][];
  getWordIds(): (number | undefined | null)[];
}

export function encodedText(encoding: Encoding): EncodedText {
  return {
    ids: Int32Array.from(encoding.getIds()),
    offsets: Int32Array.from(encoding.getOffsets().flat()),
    words: Int32Array.from(encoding.getWordIds(), (word) => word ?? -1),
  };
}
