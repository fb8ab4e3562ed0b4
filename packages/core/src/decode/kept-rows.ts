// Memory for the rows that sequences keep: of logits so many at a time, in arrays that the next sequences use again.

/** For one kind of logits of all sequences that have a lane. As many sequences again may wait for one. */
const logitBytes = 64 * 2 ** 20;

/** More rows at a time gain nothing. */
const most = 64;

/** Rows of logits of each kind that a sequence keeps at a time, so that those of all lanes are bounded. With drafts it is one more: that of the token before them. */
export function rowsAtOnce(lanes: number, vocabularySize: number): number {
  const fitting = Math.floor(logitBytes / (lanes * vocabularySize * Float32Array.BYTES_PER_ELEMENT));
  return Math.max(1, Math.min(most, fitting));
}

/** Arrays by what they hold. There are never more of a kind than were in use at once. */
export class RowMemory<Kind> {
  readonly #free = new Map<Kind, Float32Array[]>();

  /** An array of at least so many numbers. What it holds is left over from others. */
  take(kind: Kind, size: number): Float32Array {
    const free = this.#free.get(kind) ?? [];
    const fitting = free.findIndex(({ length }) => length >= size);
    // A smaller one is given up for it.
    const [array] = free.splice(Math.max(0, fitting), 1);
    return array && array.length >= size ? array : new Float32Array(size);
  }

  giveBack(kind: Kind, array: Float32Array): void {
    const free = this.#free.get(kind);
    if (free) free.push(array);
    else this.#free.set(kind, [array]);
  }
}
