// Perplexity at masked positions of held-out text: the AR model alone, the MLM alone, and the two fused.
import { logLikelihoods, type MariaModel, randomKey } from '@maria/core';

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

const systems = [
  ['ar', 'ar'],
  ['mlm', 'mlm'],
  ['fused', 'maria'],
] as const;

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
    for (const [name, system] of systems)
      for (const logLikelihood of await logLikelihoods(model, ids, masked, { system }))
        sums[name] -= logLikelihood;
  }
  const perplexity = (sum: number) => Math.exp(sum / tokens);
  return { ar: perplexity(sums.ar), mlm: perplexity(sums.mlm), fused: perplexity(sums.fused), tokens };
}
