// Fused logits of masked positions: the MLM's half for all of them from one pass, the AR half as decoding goes on.
import { DataError } from '../errors.js';
import type { MariaModel } from '../maria/model.js';
import { type Matrix, row } from '../tensor/values.js';
import { type Distribution, summarize } from './choose.js';

/** Rows of MLM logits that are held at once: bounds memory to this many vocabularies, whatever the number of gaps. */
export const rowsHeld = 64;

/** Runs the MLM once over the masked ids and keeps the hidden states of the masked positions, [positions.length, dMLM]. */
export async function encodeMasked(
  model: MariaModel,
  maskedIds: Int32Array,
  positions: readonly number[],
): Promise<Matrix> {
  const { mlmPrefix, mlmSuffix } = model.alignment;
  const hidden = await model.mlm.encode(Int32Array.from([...mlmPrefix, ...maskedIds, ...mlmSuffix]));
  const columns = hidden.columns;
  const data = new Float32Array(positions.length * columns);
  positions.forEach((position, i) => {
    data.set(row(hidden, mlmPrefix.length + position), i * columns);
  });
  return { rows: positions.length, columns, data };
}

/** W_mlm h + b of masked positions, computed in blocks as they are asked for. */
export class MlmLogits {
  private first = 0;
  private block: Matrix | undefined;

  constructor(
    private readonly model: MariaModel,
    private readonly hidden: Matrix,
  ) {}

  /** Logits [V] of the masked position with this index, a view that holds until the next call. */
  async row(index: number): Promise<Float32Array> {
    if (!this.block || index < this.first || index >= this.first + this.block.rows) {
      const { columns, data } = this.hidden;
      const rows = Math.min(rowsHeld, this.hidden.rows - index);
      const block = { rows, columns, data: data.subarray(index * columns, (index + rows) * columns) };
      // Not copied: nothing else asks the head for MLM logits while these are read.
      this.block = await this.model.head.mlmLogits(block);
      this.first = index;
    }
    return row(this.block, index - this.first);
  }
}

/** Reads a denoised sequence with the AR model, chunk by chunk, as far as the next gap needs. */
export class ArReader {
  passes = 0;
  private readonly sequence: Int32Array;
  private readonly prefixLength: number;

  /** @param chunk most tokens of one pass */
  constructor(
    private readonly model: MariaModel,
    ids: Int32Array,
    private readonly chunk: number,
  ) {
    const { arPrefix } = model.alignment;
    this.prefixLength = arPrefix.length;
    this.sequence = Int32Array.from([...arPrefix, ...ids]);
    model.ar.truncate(0);
  }

  /** Puts a token in place of a mask. */
  set(position: number, id: number): void {
    this.sequence[this.prefixLength + position] = id;
  }

  /** Forgets what was read from `position` on, and the token before it, whose hidden state is asked for again. */
  rewind(position: number): void {
    this.model.ar.truncate(Math.min(this.model.ar.length, this.prefixLength + position - 1));
  }

  /** Hidden state [1, dAR] of the token before `position`, after reading everything up to it. A view until the next pass. */
  async hiddenBefore(position: number): Promise<{ hidden: Matrix; fed: number }> {
    const { ar } = this.model;
    const end = this.prefixLength + position;
    const start = ar.length;
    let hidden: Matrix | undefined;
    while (ar.length < end) {
      hidden = await ar.extend(this.sequence.subarray(ar.length, Math.min(end, ar.length + this.chunk)));
      this.passes++;
    }
    if (!hidden) throw new RangeError(`position ${position} was read already: rewind first`);
    return {
      hidden: { rows: 1, columns: hidden.columns, data: row(hidden, hidden.rows - 1) },
      fed: end - start,
    };
  }
}

/** Ids that are never sampled: special tokens and rows beyond the tokenizer. */
export function suppressedIds({ vocabulary, head }: MariaModel): number[] {
  const ids = [...vocabulary.specialIds].filter((id) => id < head.vocabularySize);
  for (let id = vocabulary.size; id < head.vocabularySize; id++) ids.push(id);
  return ids;
}

/** out = ar + mlm, with `suppressed` ids at -Infinity. */
export function fuse(
  ar: Float32Array,
  mlm: Float32Array,
  suppressed: readonly number[],
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = ar[i]! + mlm[i]!;
  for (const id of suppressed) out[id] = -Infinity;
}

/** As `summarize`, with the name of the weight tensor to blame. */
export async function summarizeOrExplain(model: MariaModel, logits: Float32Array): Promise<Distribution> {
  try {
    return summarize(logits);
  } catch (error) {
    const tensor = await model.findNonFiniteTensor();
    if (tensor === undefined) throw error;
    throw new DataError(
      'non-finite',
      `Cannot use the model: tensor "${tensor}" holds NaN or infinite values.`,
      {
        try: 'Get the weights again; the file is damaged or was trained to divergence.',
        cause: error,
      },
    );
  }
}
