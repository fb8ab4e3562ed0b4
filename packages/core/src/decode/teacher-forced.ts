// Fused logits at masked positions of a known sequence (teacher forcing): read in chunks, no sampling.
import type { MariaModel } from '../maria/model.js';
import { type Matrix, row } from '../tensor/values.js';
import { encodeMasked, fuse, MlmLogits, suppressedIds } from './fused-logits.js';
import { maskAt } from './mask-at.js';

/** Rows that pass through the head at once: bounds memory to this many vocabularies. */
const rowsAtOnce = 64;

export interface TeacherForcedOptions {
  /** Puts ids that are never sampled (special tokens, rows beyond the tokenizer) at -Infinity. @default false */
  suppressSpecial?: boolean;
  /** Most tokens of one AR pass. @default 256 */
  chunk?: number;
}

/**
 * Yields, for each of `masked` in order (ascending), the fused logits W3 [h_ar(i-1); h_mlm(i)] + b: a view [V] that holds until the
 * next one. The MLM reads `ids` with the masked positions masked, the AR model reads `ids` as they are.
 */
export async function* teacherForcedLogits(
  model: MariaModel,
  ids: Int32Array,
  masked: readonly number[],
  { suppressSpecial = false, chunk = 256 }: TeacherForcedOptions = {},
): AsyncGenerator<Float32Array> {
  const maskedIds = maskAt(ids, masked, model.vocabulary);
  const mlmLogits = new MlmLogits(model, await encodeMasked(model, maskedIds, masked));
  const suppressed = suppressSpecial ? suppressedIds(model) : [];
  const logits = new Float32Array(model.head.vocabularySize);
  let index = 0;
  for await (const arLogits of arLogitsBefore(model, ids, masked, model.head.arLogits, chunk)) {
    fuse(arLogits, await mlmLogits.row(index++), suppressed, logits);
    yield logits;
  }
}

/**
 * Yields, for each of `positions` in order (ascending), the logits of h_ar(position - 1): a view [V] that holds until the next one.
 * @param toLogits the AR half of the head, or the AR model's own output embedding
 * @param chunk most tokens of one AR pass
 */
export async function* arLogitsBefore(
  model: MariaModel,
  ids: Int32Array,
  positions: readonly number[],
  toLogits: (hidden: Matrix) => Promise<Matrix>,
  chunk: number,
): AsyncGenerator<Float32Array> {
  for await (const hidden of arHiddenBefore(model, ids, positions, chunk)) {
    const logits = await toLogits(hidden);
    for (let i = 0; i < logits.rows; i++) yield row(logits, i);
  }
}

/** Blocks of h_ar(position - 1), [at most 64, dAR], for `positions` in order (ascending); each holds until the next one. */
export async function* arHiddenBefore(
  model: MariaModel,
  ids: Int32Array,
  positions: readonly number[],
  chunk: number,
): AsyncGenerator<Matrix> {
  const { ar, alignment } = model;
  const prefixLength = alignment.arPrefix.length;
  // The hidden state of index prefixLength + position - 1 predicts the token at `position`.
  const indices = positions.map((position) => prefixLength + position - 1);
  const end = (indices.at(-1) ?? -1) + 1;
  const sequence = Int32Array.from([...alignment.arPrefix, ...ids]).subarray(0, end);
  ar.truncate(0);
  let next = 0;
  for (let start = 0; start < end; start += chunk) {
    const hidden = await ar.extend(sequence.subarray(start, Math.min(end, start + chunk)));
    while (next < indices.length && indices[next]! < start + hidden.rows) {
      const block: number[] = [];
      while (block.length < rowsAtOnce && next < indices.length && indices[next]! < start + hidden.rows)
        block.push(indices[next++]! - start);
      yield gatherRows(hidden, block);
    }
  }
}

function gatherRows(matrix: Matrix, indices: readonly number[]): Matrix {
  const data = new Float32Array(indices.length * matrix.columns);
  indices.forEach((index, i) => {
    data.set(row(matrix, index), i * matrix.columns);
  });
  return { rows: indices.length, columns: matrix.columns, data };
}
