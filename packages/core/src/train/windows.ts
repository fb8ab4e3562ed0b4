// The items of training: windows of tokens, cut so that none holds tokens of two documents.

/**
 * The rule: a window holds tokens of one document only. A document longer than the window length is cut into consecutive
 * windows; what is left at its end is a window of its own, however short, and so is a short document. Each window is read
 * by both models from their prefixes on, as if a document began there, so nothing leaks across a boundary.
 */
export interface Windows {
  readonly count: number;
  /** Most tokens of a window. */
  readonly length: number;
  /** Tokens of all windows. */
  readonly tokens: number;
  readonly documents: number;
  /** Ids of a window, a view. @throws RangeError if there is no such window */
  get(index: number): Int32Array;
}

/** Fewer tokens than this teach nothing: with one of them masked, none would be observed. */
export const leastWindowTokens = 2;

/** Collects documents piece by piece, in one growing array. */
export class WindowBuilder {
  readonly #length: number;
  #ids = new Int32Array(1024);
  /** Where each window starts, and where the last one ends. */
  #bounds: number[] = [0];
  #documents = 0;
  /** Tokens of the document in hand that no window holds yet. */
  #open = 0;
  #started = false;

  /** @param length most tokens of a window */
  constructor(length: number) {
    if (!Number.isInteger(length) || length < leastWindowTokens)
      throw new RangeError(`a window holds at least ${leastWindowTokens} tokens, not ${length}`);
    this.#length = length;
  }

  /** Windows so far. */
  get windows(): number {
    return this.#bounds.length - 1;
  }

  /** Tokens of the windows so far. */
  get tokens(): number {
    return this.#bounds.at(-1)!;
  }

  /** Documents so far that ended. */
  get documents(): number {
    return this.#documents;
  }

  /** Tokens of the document in hand. */
  add(ids: ArrayLike<number>): void {
    let end = this.#bounds.at(-1)! + this.#open;
    this.#reserve(end + ids.length);
    this.#ids.set(ids, end);
    end += ids.length;
    this.#open += ids.length;
    this.#started ||= ids.length > 0;
    while (this.#open >= this.#length) this.#close(this.#length);
  }

  /** The next tokens belong to another document. */
  endDocument(): void {
    if (this.#open >= leastWindowTokens) this.#close(this.#open);
    this.#open = 0;
    if (this.#started) this.#documents++;
    this.#started = false;
  }

  /** The windows of all documents that ended. */
  build(): Windows {
    const ids = this.#ids;
    const bounds = [...this.#bounds];
    return {
      count: bounds.length - 1,
      length: this.#length,
      tokens: bounds.at(-1)!,
      documents: this.#documents,
      get: (index) => {
        const [start, end] = [bounds[index], bounds[index + 1]];
        if (start === undefined || end === undefined)
          throw new RangeError(`window ${index} is outside ${bounds.length - 1} windows`);
        return ids.subarray(start, end);
      },
    };
  }

  #close(tokens: number): void {
    this.#bounds.push(this.#bounds.at(-1)! + tokens);
    this.#open -= tokens;
  }

  #reserve(length: number): void {
    if (length <= this.#ids.length) return;
    const grown = new Int32Array(Math.max(length, 2 * this.#ids.length));
    grown.set(this.#ids);
    this.#ids = grown;
  }
}
