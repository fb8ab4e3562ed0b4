// How much the MLM's half of the logits is to be weighed where it drafts tokens alone.
import { expOfNegative } from '../decode/exponential.js';
import type { HeadArrays } from '../maria/initialize.js';
import { ownTurn } from '../own-turn.js';
import { type Matrix, row } from '../tensor/values.js';
import type { HiddenRows } from './head-trainer.js';

/** Bisections between these bounds: to some thousandths. */
const [least, most, steps] = [0.25, 16, 12];

/**
 * The scale s of the least mean KL(softmax(ar + mlm) || softmax(s mlm)), in [0.25, 16].
 * @param ar and mlm the halves of the logits of some masked tokens, [n, V] each
 */
export async function fitDraftScale(ar: Matrix, mlm: Matrix): Promise<number> {
  const wanted = await meanOver(mlm, (half, i) => {
    const whole = row(ar, i);
    return expected(half, (id) => whole[id]! + half[id]!);
  });
  // The derivative of the KL is E[mlm] under the drafts less that under the fused logits: it grows with s.
  let [low, high] = [least, most];
  for (let step = 0; step < steps; step++) {
    const scale = Math.sqrt(low * high);
    const drafted = await meanOver(mlm, (half) => expected(half, (id) => scale * half[id]!));
    if (drafted < wanted) low = scale;
    else high = scale;
  }
  return Math.sqrt(low * high);
}

/** Of so many tokens of a batch. */
const tokensToFit = 32;

/** As `fitDraftScale`, of a head and of what its backbones see. */
export async function draftScaleOf(head: HeadArrays, { ar, mlm }: HiddenRows): Promise<number> {
  const count = Math.min(tokensToFit, ar.rows);
  const spread = (hidden: Matrix) =>
    Array.from({ length: count }, (_, i) => row(hidden, Math.floor((i * hidden.rows) / count)));
  const V = head.vocabularySize;
  return fitDraftScale(
    await products(spread(ar), head.ar, new Float32Array(V)),
    await products(spread(mlm), head.mlm, head.bias),
  );
}

/** Some milliseconds. */
const productsInOneTurn = 2 ** 22;

/** x W^T + b */
async function products(
  rows: readonly Float32Array[],
  weight: Float32Array,
  bias: Float32Array,
): Promise<Matrix> {
  const columns = bias.length;
  const size = weight.length / columns;
  const data = new Float32Array(rows.length * columns);
  const idsInOneTurn = Math.ceil(productsInOneTurn / (rows.length * size));
  for (let id = 0; id < columns; id++) {
    if (id % idsInOneTurn === 0) await ownTurn();
    const at = id * size;
    rows.forEach((hidden, i) => {
      let total = bias[id]!;
      for (let j = 0; j < size; j++) total += hidden[j]! * weight[at + j]!;
      data[i * columns + id] = total;
    });
  }
  return { rows: rows.length, columns, data };
}

async function meanOver(matrix: Matrix, value: (of: Float32Array, i: number) => number): Promise<number> {
  let total = 0;
  for (let i = 0; i < matrix.rows; i++) {
    total += value(row(matrix, i), i);
    await ownTurn();
  }
  return total / matrix.rows;
}

/** E[values] under softmax(logits). */
function expected(values: Float32Array, logit: (id: number) => number): number {
  let max = -Infinity;
  for (let id = 0; id < values.length; id++) max = Math.max(max, logit(id));
  let [weights, sum] = [0, 0];
  for (let id = 0; id < values.length; id++) {
    const weight = expOfNegative(logit(id) - max);
    weights += weight;
    sum += weight * values[id]!;
  }
  return sum / weights;
}
