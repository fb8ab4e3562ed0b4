// The hidden states that a token is chosen by: h_mlm(i), which sees both sides, and h_ar(i-1), which has read all before it.
// Whoever needs them gets them here: infilling, scoring, explaining, annealing, training.
import type { Alignment } from '../maria/model.js';
import { emptyMatrix, gatherRows, type Matrix, row } from '../tensor/values.js';
import type { SequenceAr, SequenceMlm } from './sequence.js';

/** Most tokens of one AR pass, and the default of every option of this name. */
export const defaultChunk = 256;

/**
 * h_mlm(i) of `positions`, [positions.length, dMLM], from one pass of the MLM.
 * @param maskedIds the whole sequence, with the mask id wherever the MLM is to see no token
 */
export async function hiddenWithin(
  { mlm, alignment }: { readonly mlm: SequenceMlm; readonly alignment: Alignment },
  maskedIds: Int32Array,
  positions: readonly number[],
): Promise<Matrix> {
  const { mlmPrefix, mlmSuffix } = alignment;
  return mlm.encode(
    Int32Array.from([...mlmPrefix, ...maskedIds, ...mlmSuffix]),
    positions.map((position) => mlmPrefix.length + position),
  );
}

/** h_ar(i-1): reads a sequence from the left, as far as is asked, with the AR model's KV cache. */
export class HiddenBefore {
  /** AR passes so far that read this sequence. */
  passes = 0;
  readonly #ar: SequenceAr;
  readonly #sequence: Int32Array;
  readonly #prefixLength: number;
  readonly #chunk: number;
  readonly #isAgain: boolean;
  #isStarted = false;
  #isRead = false;

  /**
   * @param chunk most tokens of one pass
   * @param isAgain whether the sequence was read up to its first gap before, for another sample: that part is not told as read
   */
  constructor(
    { ar, alignment: { arPrefix } }: { readonly ar: SequenceAr; readonly alignment: Alignment },
    ids: Int32Array,
    { chunk = defaultChunk, isAgain = false }: { chunk?: number | undefined; isAgain?: boolean } = {},
  ) {
    this.#ar = ar;
    this.#prefixLength = arPrefix.length;
    this.#sequence = Int32Array.from([...arPrefix, ...ids]);
    this.#chunk = chunk;
    this.#isAgain = isAgain;
  }

  /** Puts a token in place of a mask, before it is read. */
  set(position: number, id: number): void {
    this.#sequence[this.#prefixLength + position] = id;
  }

  /** Forgets what was read from `position` on: the token there is another one now. */
  forget(position: number): void {
    this.#ar.truncate(Math.min(this.#ar.length, this.#prefixLength + position));
  }

  /** Takes a lane to read what stands before `position`, if there is none yet. */
  begin(position: number): Promise<void> | undefined {
    return this.#isStarted ? undefined : this.#start(this.#indexOf(position));
  }

  /**
   * Of each of `positions` (ascending, not read yet), [positions.length, dAR], of the sequence as it is set now; and how many
   * tokens were read for them. The same number whatever a lane held already.
   */
  async at(positions: readonly number[]): Promise<{ hidden: Matrix; fed: number }> {
    const indices = positions.map((position) => this.#indexOf(position));
    const end = indices.at(-1)! + 1;
    if (!this.#isStarted) await this.begin(positions[0]!);
    const first = this.#isRead ? this.#ar.length : this.#isAgain ? indices[0]! : 0;
    this.#isRead = true;
    let rows: Matrix | undefined;
    let next = 0;
    while (this.#ar.length < end) {
      const start = this.#ar.length;
      const hidden = await this.#read(end, indices);
      rows ??= emptyMatrix(indices.length, hidden.columns);
      for (; next < indices.length && indices[next]! < start + hidden.rows; next++)
        rows.data.set(row(hidden, indices[next]! - start), next * rows.columns);
    }
    if (!rows) throw new RangeError(`position ${positions[0]} was read already`);
    return { hidden: rows, fed: end - first };
  }

  /** Of one position, [1, dAR], read again from the start in chunks of one size and by itself, whatever was read before. */
  async alone(position: number): Promise<Matrix> {
    const index = this.#indexOf(position);
    this.#ar.truncate(0);
    let hidden = await this.#read(index + 1, [index], defaultChunk);
    while (this.#ar.length <= index) hidden = await this.#read(index + 1, [index], defaultChunk);
    return gatherRows(hidden, [hidden.rows - 1]);
  }

  /** Reads what stands before the token that `position` is chosen after, for others to begin with. */
  async readBefore(position: number): Promise<void> {
    const index = this.#indexOf(position);
    await this.begin(position);
    while (this.#ar.length < index) await this.#read(index, []);
  }

  /** Of each of `positions` in order (ascending), in blocks of at most `most` rows: bounds what follows from them, such as logits. */
  async *of(positions: readonly number[], most: number): AsyncGenerator<Matrix> {
    const indices = positions.map((position) => this.#indexOf(position));
    const end = (indices.at(-1) ?? -1) + 1;
    if (!this.#isStarted) await this.#start(indices[0] ?? 0);
    let next = 0;
    while (this.#ar.length < end) {
      const start = this.#ar.length;
      const hidden = await this.#read(end, indices);
      while (next < indices.length && indices[next]! < start + hidden.rows) {
        const block: number[] = [];
        while (block.length < most && next < indices.length && indices[next]! < start + hidden.rows)
          block.push(indices[next++]! - start);
        yield gatherRows(hidden, block);
      }
    }
  }

  /** Of every position that something stands before, the first of them first, from one pass. A view until the next one. */
  async ofAll(): Promise<Matrix> {
    await this.#ar.start(new Int32Array());
    this.passes++;
    const { rows, columns, data } = await this.#ar.extend(this.#sequence.subarray(0, -1));
    const skipped = Math.max(0, this.#prefixLength - 1);
    return { rows: rows - skipped, columns, data: data.subarray(skipped * columns) };
  }

  /** Of the token whose hidden state is the one before `position`. */
  #indexOf(position: number): number {
    return this.#prefixLength + position - 1;
  }

  /** @param index of the first token whose hidden state is asked for: those before it need no reading where they were read already */
  async #start(index: number): Promise<void> {
    await this.#ar.start(this.#sequence.subarray(0, index));
    this.#isStarted = true;
  }

  /** The next tokens before `end`, as many as one pass takes. @param indices of those whose hidden states are asked for */
  #read(end: number, indices: readonly number[], chunk = this.#chunk): Promise<Matrix> {
    const { length } = this.#ar;
    const last = Math.min(end, length + chunk);
    this.passes++;
    return this.#ar.extend(
      this.#sequence.subarray(length, last),
      indices.filter((index) => index >= length && index < last).map((index) => index - length),
    );
  }
}

/** The first position that can be masked: the AR model needs something to read before it. */
export function firstMaskable({ arPrefix }: Alignment): number {
  return arPrefix.length > 0 ? 0 : 1;
}
