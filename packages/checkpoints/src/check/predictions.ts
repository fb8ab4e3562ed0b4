// The predictions of a model for the tokens of a known sequence: what quantised and float32 models are compared by.
import {
  type CausalModel,
  type Expert,
  type MariaModel,
  type MaskedModel,
  type Matrix,
  randomKey,
  row,
  teacherForcedLogits,
} from '@maria/core';
import type { Prediction } from './compare-logits.js';

/** Tokens of one AR pass, and rows of logits that are held at a time. */
const chunk = 64;

/** For each token after the first, or after the prefix, from all tokens before it. */
export async function* causalPredictions(
  model: CausalModel,
  expert: Expert,
  prefix: readonly number[],
  ids: Int32Array,
): AsyncGenerator<Prediction> {
  const sequence = Int32Array.from([...prefix, ...ids]);
  model.truncate(0);
  for (let start = 0; start < sequence.length - 1; start += chunk) {
    const fed = sequence.subarray(start, Math.min(start + chunk, sequence.length - 1));
    const logits = await expert.logits(await model.extend(fed));
    for (let i = 0; i < logits.rows; i++) yield { logits: row(logits, i), target: sequence[start + i + 1]! };
  }
}

/** For each masked token, from all tokens that are not masked. @param around tokens of the template */
export async function* maskedPredictions(
  model: MaskedModel,
  expert: Expert,
  around: { readonly prefix: readonly number[]; readonly suffix: readonly number[] },
  maskId: number,
  ids: Int32Array,
  masked: readonly number[],
): AsyncGenerator<Prediction> {
  const input = Int32Array.from([...around.prefix, ...ids, ...around.suffix]);
  for (const position of masked) input[around.prefix.length + position] = maskId;
  const hidden = await model.encode(input);
  for (let start = 0; start < masked.length; start += chunk) {
    const positions = masked.slice(start, start + chunk);
    const rows = positions.map((position) => around.prefix.length + position);
    const logits = await expert.logits(pickRows(hidden, rows));
    for (let i = 0; i < logits.rows; i++) yield { logits: row(logits, i), target: ids[positions[i]!]! };
  }
}

/** For each masked token, from the fused model. */
export async function* fusedPredictions(
  model: MariaModel,
  ids: Int32Array,
  masked: readonly number[],
): AsyncGenerator<Prediction> {
  let index = 0;
  for await (const logits of teacherForcedLogits(model, ids, masked))
    yield { logits, target: ids[masked[index++]!]! };
}

function pickRows(matrix: Matrix, rows: readonly number[]): Matrix {
  const data = new Float32Array(rows.length * matrix.columns);
  rows.forEach((index, i) => {
    data.set(row(matrix, index), i * matrix.columns);
  });
  return { rows: rows.length, columns: matrix.columns, data };
}

/** Each position from `first` on with this probability, the same ones every time; one at least, where there is one. */
export function positionsToMask(length: number, rate: number, first: number): number[] {
  const random = randomKey(0);
  const positions = Array.from({ length: Math.max(0, length - first) }, (_, i) => first + i);
  const chosen = positions.filter((position) => random.uniform(position, 0) < rate);
  return chosen.length > 0 ? chosen : positions.slice(0, 1);
}
