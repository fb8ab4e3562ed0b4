// The fused logits W3 [h_ar(i-1); h_mlm(i)] + b, from the two halves of the head.
import type { FusedHead } from '../maria/model.js';
import { type Matrix, rowsFrom } from '../tensor/values.js';

/** W_mlm h + b of masked positions, computed in blocks as they are asked for. */
export class MlmLogits {
  readonly #head: FusedHead;
  readonly #atOnce: number;
  readonly #hidden: Matrix;
  #first = 0;
  #block: Matrix | undefined;

  /** @param hidden h_mlm of the positions, [n, dMLM] */
  constructor(
    { head, rowsAtOnce }: { readonly head: FusedHead; readonly rowsAtOnce: number },
    hidden: Matrix,
  ) {
    this.#head = head;
    this.#atOnce = rowsAtOnce;
    this.#hidden = hidden;
  }

  /** Logits [count, V] of the positions from this index on, a view that holds until the next call. */
  async rows(index: number, count: number): Promise<Matrix> {
    return this.#known(index, count) ?? this.#compute(index, count);
  }

  /** Logits [V] of the position with this index, as `rows`: at once where they are known. */
  row(index: number): Float32Array | Promise<Float32Array> {
    const known = this.#known(index, 1);
    return known ? known.data : this.#compute(index, 1).then(({ data }) => data);
  }

  #known(index: number, count: number): Matrix | undefined {
    const block = this.#block;
    if (!block || index < this.#first || index + count > this.#first + block.rows) return undefined;
    return rowsFrom(block, index - this.#first, count);
  }

  async #compute(index: number, count: number): Promise<Matrix> {
    // Not copied: nothing else asks the head for MLM logits while these are read.
    const ahead = Math.max(count, this.#atOnce);
    this.#block = await this.#head.mlmLogits(rowsFrom(this.#hidden, index, ahead));
    this.#first = index;
    return rowsFrom(this.#block, 0, count);
  }
}

/** out = ar + mlm, the sum of the halves. */
export function fuse(ar: Float32Array, mlm: Float32Array, out: Float32Array): void {
  // Told that only a float32 is asked for, V8 computes in float32.
  for (let i = 0; i < out.length; i++) out[i] = Math.fround(ar[i]! + mlm[i]!);
}
