// The fused logits W3 [h_ar(i-1); h_mlm(i)] + b, from the two halves of the head.
import type { FusedHead } from '../maria/model.js';
import { type Matrix, row } from '../tensor/values.js';
import { rowsAtOnce } from './hidden-pair.js';

/** W_mlm h + b of masked positions, computed in blocks as they are asked for. */
export class MlmLogits {
  readonly #head: FusedHead;
  readonly #hidden: Matrix;
  #first = 0;
  #block: Matrix | undefined;

  /** @param hidden h_mlm of the positions, [n, dMLM] */
  constructor(head: FusedHead, hidden: Matrix) {
    this.#head = head;
    this.#hidden = hidden;
  }

  /** Logits [V] of the position with this index, a view that holds until the next call. */
  async row(index: number): Promise<Float32Array> {
    if (!this.#block || index < this.#first || index >= this.#first + this.#block.rows) {
      // Not copied: nothing else asks the head for MLM logits while these are read.
      this.#block = await this.#head.mlmLogits(rowsFrom(this.#hidden, index, rowsAtOnce));
      this.#first = index;
    }
    return row(this.#block, index - this.#first);
  }
}

/** out = ar + mlm, the sum of the halves. */
export function fuse(ar: Float32Array, mlm: Float32Array, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = ar[i]! + mlm[i]!;
}

/** At most `count` rows from `first` on: a view. */
export function rowsFrom({ rows: all, columns, data }: Matrix, first: number, count: number): Matrix {
  const rows = Math.min(count, all - first);
  return { rows, columns, data: data.subarray(first * columns, (first + rows) * columns) };
}
