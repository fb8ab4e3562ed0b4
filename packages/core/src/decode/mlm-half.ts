// The MLM's half of the fused logits while a sequence is filled from the left: from one reading of it, or from several.
import type { Alignment, FusedHead } from '../maria/model.js';
import { type Refresh, readingStarts } from '../maria/refresh.js';
import { type Matrix, rowsFrom } from '../tensor/values.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { MlmLogits } from './fused-logits.js';
import { hiddenWithin } from './hidden-pair.js';
import { maskAt } from './mask-at.js';
import type { SequenceMlm } from './sequence.js';

interface Reader {
  readonly mlm: SequenceMlm;
  readonly head: FusedHead;
  readonly alignment: Alignment;
  readonly vocabulary: Pick<Vocabulary, 'maskId'>;
  readonly rowsAtOnce: number;
}

/** Readings that several fills in progress share, by the tokens that are filled before: those of the position that all of them are at. */
export class SharedReadings {
  #start = 0;
  readonly #read = new Map<string, Promise<Matrix>>();

  /** @param read reads what nobody has read yet */
  of(start: number, filled: readonly number[], read: () => Promise<Matrix>): Promise<Matrix> {
    if (start !== this.#start) this.#read.clear();
    this.#start = start;
    const key = filled.join();
    const reading = this.#read.get(key) ?? read();
    this.#read.set(key, reading);
    return reading;
  }
}

export class MlmHalf {
  /** MLM passes beside the first one. */
  passes = 0;
  readonly #reader: Reader;
  readonly #ids: Int32Array;
  readonly #masked: readonly number[];
  readonly #starts: Int32Array;
  readonly #shared: SharedReadings | undefined;
  /** Index of the first masked position of the last reading. */
  #start = 0;
  #hidden: Matrix;
  #logits: MlmLogits;

  /**
   * @param ids of the sequence; what is masked in them is not looked at before it is set
   * @param first h_mlm of `masked`, with all of them masked
   */
  constructor(
    reader: Reader,
    {
      ids,
      masked,
      first,
      refresh,
      shared,
    }: {
      readonly ids: Int32Array;
      readonly masked: readonly number[];
      readonly first: Matrix;
      readonly refresh: Refresh;
      /** Of a search, which makes no drafts: a reading is of its own positions only. */
      readonly shared?: SharedReadings | undefined;
    },
  ) {
    this.#reader = reader;
    this.#ids = Int32Array.from(ids);
    this.#masked = masked;
    this.#shared = shared;
    this.#starts = readingStarts(refresh, masked);
    this.#hidden = first;
    this.#logits = new MlmLogits(reader, first);
  }

  /** Puts the token in place of the masked position with this index: the next readings see it. */
  set(index: number, id: number): void {
    this.#ids[this.#masked[index]!] = id;
  }

  /** [V] of the masked position with this index, once all before it are set: at once where it is known. Holds until the next call of any method. */
  row(index: number): Float32Array | Promise<Float32Array> {
    const row = () => this.#logits.row(index - this.#start);
    return this.#starts[index] === this.#start ? row() : this.#readAgain(index).then(row);
  }

  /** [count, V] from the index `first` on by what was read so far, for drafts. Holds as those of `row`. */
  known(first: number, count: number): Promise<Matrix> {
    return this.#logits.rows(first - this.#start, count);
  }

  /** h_mlm of one, [1, dMLM], which `row` or `hiddenRows` was asked for last. */
  hidden(index: number): Matrix {
    return this.knownHidden(index, 1);
  }

  /** h_mlm [n, dMLM] from the index `first` on, once all before it are set: at most `count`, as many as are of the reading of the first. */
  async hiddenRows(first: number, count: number): Promise<Matrix> {
    await this.#readAgain(first);
    let rows = 1;
    while (rows < count && this.#starts[first + rows] === this.#start) rows++;
    return this.knownHidden(first, rows);
  }

  /** h_mlm [count, dMLM] by what was read so far, for drafts. */
  knownHidden(first: number, count: number): Matrix {
    return rowsFrom(this.#hidden, first - this.#start, count);
  }

  async #readAgain(index: number): Promise<void> {
    const start = this.#starts[index]!;
    if (start === this.#start) return;
    const masked = this.#masked;
    const rest = masked.slice(start);
    const read = (positions: readonly number[]) => {
      this.passes++;
      return hiddenWithin(this.#reader, maskAt(this.#ids, rest, this.#reader.vocabulary), positions);
    };
    this.#hidden = this.#shared
      ? await this.#shared.of(
          start,
          masked.slice(0, start).map((position) => this.#ids[position]!),
          () => read(rest.filter((_, i) => this.#starts[start + i] === start)),
        )
      : await read(rest);
    this.#logits = new MlmLogits(this.#reader, this.#hidden);
    this.#start = start;
  }
}
