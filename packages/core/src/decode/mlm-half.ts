// The MLM's half of the fused logits while a sequence is filled from the left: from one reading of it, or from several.
import type { Alignment, FusedHead } from '../maria/model.js';
import { type Refresh, readingStarts } from '../maria/refresh.js';
import type { Matrix } from '../tensor/values.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { MlmLogits, rowsFrom } from './fused-logits.js';
import { hiddenWithin } from './hidden-pair.js';
import { maskAt } from './mask-at.js';
import type { SequenceMlm } from './scheduler.js';

interface Reader {
  readonly mlm: SequenceMlm;
  readonly head: FusedHead;
  readonly alignment: Alignment;
  readonly vocabulary: Pick<Vocabulary, 'maskId'>;
  readonly rowsAtOnce: number;
}

export class MlmHalf {
  /** MLM passes beside the first one. */
  passes = 0;
  readonly #reader: Reader;
  readonly #ids: Int32Array;
  readonly #masked: readonly number[];
  readonly #starts: Int32Array;
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
    }: {
      readonly ids: Int32Array;
      readonly masked: readonly number[];
      readonly first: Matrix;
      readonly refresh: Refresh;
    },
  ) {
    this.#reader = reader;
    this.#ids = Int32Array.from(ids);
    this.#masked = masked;
    this.#starts = readingStarts(refresh, masked);
    this.#hidden = first;
    this.#logits = new MlmLogits(reader, first);
  }

  /** Puts the token in place of the masked position with this index: the next readings see it. */
  set(index: number, id: number): void {
    this.#ids[this.#masked[index]!] = id;
  }

  /** [V] of the masked position with this index, once all before it are set. Holds until the next call of any method. */
  async row(index: number): Promise<Float32Array> {
    await this.#readAgain(index);
    return this.#logits.row(index - this.#start);
  }

  /** [count, V] from the index `first` on by what was read so far, for drafts. Holds as those of `row`. */
  known(first: number, count: number): Promise<Matrix> {
    return this.#logits.rows(first - this.#start, count);
  }

  /** h_mlm of one, [1, dMLM], which `row` was asked for last. */
  hidden(index: number): Matrix {
    return rowsFrom(this.#hidden, index - this.#start, 1);
  }

  async #readAgain(index: number): Promise<void> {
    const start = this.#starts[index]!;
    if (start === this.#start) return;
    const rest = this.#masked.slice(start);
    this.#hidden = await hiddenWithin(this.#reader, maskAt(this.#ids, rest, this.#reader.vocabulary), rest);
    this.#logits = new MlmLogits(this.#reader, this.#hidden);
    this.#start = start;
    this.passes++;
  }
}
