// Perplexity at masked positions of held-out text: the AR model alone, the MLM alone, and the two fused.
import { arLogLikelihoods, type MariaModel, type Matrix, randomKey, row, score } from '@maria/core';

export interface EvaluationOptions {
  /** Token ids of each held-out window. */
  readonly windows: readonly Int32Array[];
  readonly maskRate: number;
  readonly seed: number;
}

export interface Perplexities {
  readonly ar: number;
  readonly mlm: number;
  /** Of the model's head: product of experts, or trained. */
  readonly fused: number;
  /** Masked tokens that they are over. */
  readonly tokens: number;
}

/** Each token is masked with probability `maskRate`; the three are over the same tokens. */
export async function evaluatePair(
  model: MariaModel,
  { windows, maskRate, seed }: EvaluationOptions,
): Promise<Perplexities> {
  const sums = { ar: 0, mlm: 0, fused: 0 };
  let tokens = 0;
  for (const [index, ids] of windows.entries()) {
    const key = randomKey(seed, index);
    const masked = [...ids.keys()].filter(
      (i) => !model.vocabulary.specialIds.has(ids[i]!) && key.uniform(i, 0) < maskRate,
    );
    if (masked.length === 0) continue;
    tokens += masked.length;
    sums.fused -= (await score(model, { ids, masked })).logLikelihood;
    for (const logLikelihood of await arLogLikelihoods(model, ids, masked)) sums.ar -= logLikelihood;
    sums.mlm -= await mlmLogLikelihood(model, ids, masked);
  }
  const perplexity = (sum: number) => Math.exp(sum / tokens);
  return { ar: perplexity(sums.ar), mlm: perplexity(sums.mlm), fused: perplexity(sums.fused), tokens };
}

async function mlmLogLikelihood(
  model: MariaModel,
  ids: Int32Array,
  masked: readonly number[],
): Promise<number> {
  const { alignment, vocabulary } = model;
  const maskedIds = Int32Array.from(ids);
  for (const position of masked) maskedIds[position] = vocabulary.maskId;
  const hidden = await model.mlm.encode(
    Int32Array.from([...alignment.mlmPrefix, ...maskedIds, ...alignment.mlmSuffix]),
  );
  const chosen = new Float32Array(masked.length * hidden.columns);
  masked.forEach((position, i) => {
    chosen.set(row(hidden, alignment.mlmPrefix.length + position), i * hidden.columns);
  });
  const logits: Matrix = await model.experts.mlm.logits({
    rows: masked.length,
    columns: hidden.columns,
    data: chosen,
  });
  return masked.reduce((sum, position, i) => sum + logProbability(row(logits, i), ids[position]!), 0);
}

/** log softmax(logits)[id] */
function logProbability(logits: Float32Array, id: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of logits) max = Math.max(max, logit);
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - max);
  return logits[id]! - max - Math.log(total);
}
