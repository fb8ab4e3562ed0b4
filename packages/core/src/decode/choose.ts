// From logits to a token: temperature, top-k, top-p, and noise that comes in as a function of the token id.
import { DataError } from '../errors.js';
import { gumbelOf } from '../random.js';
import { expOfNegative } from './exponential.js';
import { selectThreshold } from './select-threshold.js';

export interface SamplingOptions {
  /** 0 takes the most probable token. */
  temperature: number;
  /** Keep the k most probable tokens; 0 keeps all. */
  topK: number;
  /** Keep the smallest set whose probability reaches p; 1 keeps all. */
  topP: number;
}

/** No uniform number of 52 bits gives more. */
const largestGumbel = 37;

export interface Distribution {
  /** log of the sum of exp(logits): log p(i) = logits[i] - logNormalizer. */
  readonly logNormalizer: number;
  /** Id of the largest logit; the lowest such id. */
  readonly argmax: number;
}

/**
 * Normaliser and mode of `logits` [V]; -Infinity marks ids that may not be chosen.
 * @throws DataError `non-finite` when a logit is NaN or +Infinity, or when nothing may be chosen
 */
export function summarize(logits: Float32Array): Distribution {
  let max = -Infinity;
  let argmax = -1;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit > max) {
      max = logit;
      argmax = i;
    }
  }
  // A NaN loses every comparison above, but not this sum.
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += expOfNegative(logits[i]! - max);
  if (Number.isNaN(total) || max === Infinity || argmax < 0)
    throw new DataError('non-finite', 'Cannot choose a token: the logits hold NaN or infinite values.', {
      try: 'Check the model’s weights: a tensor in them is likely not finite.',
    });
  return { logNormalizer: max + Math.log(total), argmax };
}

/**
 * The chosen id. With temperature 0 the mode; else argmax over the kept ids of logits/temperature + Gumbel(uniform(id)), which
 * samples the tempered, filtered softmax. Ties at a filter's edge are kept.
 * @param uniform a number in (0, 1) for each id, always the same
 */
export function chooseToken(
  logits: Float32Array,
  { argmax }: Distribution,
  { temperature, topK, topP }: SamplingOptions,
  uniform: (id: number) => number,
): number {
  if (temperature === 0 || topK === 1) return argmax;
  const threshold = filterThreshold(logits, logits[argmax]!, temperature, topK, topP);
  let chosen = argmax;
  let best = logits[argmax]! / temperature + gumbelOf(uniform(argmax));
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit < threshold || logit === -Infinity || i === argmax) continue;
    const behind = best - logit / temperature;
    if (behind > largestGumbel) continue;
    const u = uniform(i);
    // -log(-log u) > behind needs -log u < exp(-behind), and 1 - u is at most -log u: nearly all ids end here, without a logarithm.
    if (behind > 0 && 1 - u > expOfNegative(-behind) * (1 + 1e-9)) continue;
    const score = logit / temperature + gumbelOf(u);
    if (score > best) {
      best = score;
      chosen = i;
    }
  }
  return chosen;
}

/**
 * Smallest logit that both filters keep; top-p acts on the tempered distribution of what top-k keeps.
 * @param max largest logit
 */
function filterThreshold(
  logits: Float32Array,
  max: number,
  temperature: number,
  topK: number,
  topP: number,
): number {
  const limited = topK > 0 && topK < logits.length;
  if (!limited && topP >= 1) return -Infinity;
  const values = logits.slice();
  const kthLargest = limited ? selectThreshold(values, () => 1, topK) : -Infinity;
  if (topP >= 1) return kthLargest;
  const kept = limited ? values.filter((value) => value >= kthLargest) : values;
  const weight = (value: number) => expOfNegative((value - max) / temperature);
  let total = 0;
  for (let i = 0; i < kept.length; i++) total += weight(kept[i]!);
  return selectThreshold(kept, weight, topP * total);
}

/** Ids of the k largest logits, largest first, lower id first among equals; fewer when fewer are finite. */
export function largest(logits: Float32Array, k: number): number[] {
  const ids: number[] = [];
  if (k === 0) return ids;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit === -Infinity || (ids.length === k && logit <= logits[ids[k - 1]!]!)) continue;
    let place = ids.length;
    while (place > 0 && logits[ids[place - 1]!]! < logit) place--;
    ids.splice(place, 0, i);
    if (ids.length > k) ids.pop();
  }
  return ids;
}
