// From the logits of a position to its token: temperature, filters, and races of noise, in float64.
import { topK, topP } from '../choose.js';
import type { Uniforms } from './noise.js';

export interface DrawOptions {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Keeps the fewest tokens that reach p, with the one that crosses it; 1 keeps all. */
  readonly topP: number;
  /** Keeps the k most probable tokens; 0 keeps all. */
  readonly topK: number;
}

/** Index of the largest number, the lowest such index. */
export function argmax(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i]! > numbers[best]!) best = i;
  return best;
}

/** log of the sum of exp(numbers). */
export function logSumExp(numbers: ArrayLike<number>): number {
  const max = numbers[argmax(numbers)]!;
  if (max === -Infinity) return max;
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += Math.exp(numbers[i]! - max);
  return max + Math.log(total);
}

/** log p of each token at temperature 1. */
export function logSoftmax(logits: ArrayLike<number>): Float64Array {
  const normalizer = logSumExp(logits);
  return Float64Array.from(logits, (logit) => logit - normalizer);
}

/** log p of each token once logits are tempered, and all but the most probable ones are taken out: top-p first, then top-k. */
export function filteredLogProbabilities(logits: Float32Array, options: DrawOptions): Float64Array {
  const temperature = options.temperature || 1;
  const max = logits[argmax(logits)]!;
  const filters = [
    ...(options.topP < 1 ? [topP(options.topP, temperature)] : []),
    ...(options.topK > 0 ? [topK(options.topK)] : []),
  ];
  const least = filters.reduce((threshold, filter) => filter(logits, threshold, max), -Infinity);
  return logSoftmax(Float64Array.from(logits, (logit) => (logit < least ? -Infinity : logit / temperature)));
}

/** The tokens whose probabilities, from the largest on, sum to no more than `most`, and always the largest (ReMDM's nucleus). */
export function nucleus(probabilities: Float64Array, most: number): Float64Array {
  if (most >= 1) return probabilities;
  const order = Array.from(probabilities.keys()).sort(
    (a, b) => probabilities[b]! - probabilities[a]! || a - b,
  );
  const kept = new Float64Array(probabilities.length);
  let reached = 0;
  for (const [rank, id] of order.entries()) {
    reached += probabilities[id]!;
    if (rank > 0 && reached > most) break;
    kept[id] = probabilities[id]!;
  }
  const total = kept.reduce((sum, p) => sum + p, 0);
  return kept.map((p) => p / total);
}

/** Samples p: the largest of log p + Gumbel noise. */
export function drawByGumbel(
  logProbabilities: ArrayLike<number>,
  uniform: Uniforms,
  temperature = 1,
): number {
  let best = -1;
  let most = -Infinity;
  for (let id = 0; id < logProbabilities.length; id++) {
    const log = logProbabilities[id]!;
    if (log === -Infinity) continue;
    const score = log - temperature * Math.log(-Math.log(uniform(id)));
    if (score > most || best < 0) {
      most = score;
      best = id;
    }
  }
  return best;
}

/** As `drawByGumbel`, of weights that need no sum; those that are not above 0 never win. MDLM's and SEDD's own race. */
export function drawByWeight(weights: ArrayLike<number>, uniform: Uniforms): number {
  let best = -1;
  let most = -Infinity;
  for (let id = 0; id < weights.length; id++) {
    const weight = weights[id]!;
    if (!(weight > 0)) continue;
    const score = weight / raceTime(uniform(id));
    if (score > most) {
      most = score;
      best = id;
    }
  }
  return best;
}

/** Of a runner of weight 1, in MDLM's numbers. */
export function raceTime(uniform: number): number {
  return 1e-10 - Math.log(uniform + 1e-10);
}
