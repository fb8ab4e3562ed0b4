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

/** What is not asked for is not brought over from the library, which takes long for a long text. */
export function encodedText(encoding: Encoding): EncodedText {
  let offsets: Int32Array | undefined;
  let words: Int32Array | undefined;
  return {
    ids: Int32Array.from(encoding.getIds()),
    get offsets() {
      offsets ??= Int32Array.from(encoding.getOffsets().flat());
      return offsets;
    },
    get words() {
      words ??= Int32Array.from(encoding.getWordIds(), (word) => word ?? -1);
      return words;
    },
  };
}
