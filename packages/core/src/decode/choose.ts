// From logits to a token: filters, temperature, and noise that comes in as a function of the token id.
import { type Contenders, type Contest, hasLessNoise, largestGumbel } from '../contenders.js';
import { DataError } from '../errors.js';
import type { Model } from '../maria/model.js';
import { gumbelOf, type RandomKey } from '../random.js';
import { expOfNegative } from './exponential.js';
import { totalOf } from './log-normalizer.js';
import { selectThreshold } from './select-threshold.js';

/** Takes ids out of a choice: puts their logits [V] at -Infinity. */
export type LogitFilter = (logits: Float32Array) => void;

/** Ids that are never sampled: special tokens, and rows beyond the tokenizer. */
export function suppressed({
  vocabulary,
  vocabularySize,
}: Pick<Model, 'vocabulary' | 'vocabularySize'>): LogitFilter {
  const ids = [...vocabulary.specialIds].filter((id) => id < vocabularySize);
  for (let id = vocabulary.size; id < vocabularySize; id++) ids.push(id);
  return (logits) => {
    for (const id of ids) logits[id] = -Infinity;
  };
}

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
  const { max, sum } = totalOf(logits);
  if (Number.isNaN(sum))
    throw new DataError('non-finite', 'Cannot choose a token: the logits hold NaN or infinite values.', {
      try: 'Check the model’s weights: a tensor in them is likely not finite.',
    });
  // Several times as fast as indexOf.
  let argmax = 0;
  while (logits[argmax] !== max) argmax++;
  return { logNormalizer: max + Math.log(sum), argmax };
}

/** Id of the largest logit, the lowest such id; -1 where none is above -Infinity. */
export function modeOf(logits: Float32Array): number {
  let max = -Infinity;
  let argmax = -1;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit > max) {
      max = logit;
      argmax = i;
    }
  }
  return argmax;
}

/** As `summarize`, with the name of the weight tensor to blame. */
export async function summarizeOrExplain(
  model: Pick<Model, 'findNonFiniteTensor'>,
  logits: Float32Array,
): Promise<Distribution> {
  return orExplain(model, () => summarize(logits));
}

/** What `find` gives, which summarises logits; where they are not finite, the error names the weight tensor to blame. */
export async function orExplain<T>(model: Pick<Model, 'findNonFiniteTensor'>, find: () => T): Promise<T> {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== 'non-finite') throw error;
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

/**
 * What is sampled of the ids that may be: the smallest logit to keep, among those of at least `threshold`. Ties at the edge are kept.
 * @param max the largest logit
 */
export type SamplingFilter = (logits: Float32Array, threshold: number, max: number) => number;

/** The k most probable tokens. */
export function topK(k: number): SamplingFilter {
  return (logits, threshold) =>
    k < logits.length
      ? Math.max(
          threshold,
          selectThreshold(logits.slice(), () => 1, k),
        )
      : threshold;
}

/** The smallest set of tokens whose probability reaches p (nucleus), in the tempered distribution of what is kept so far. */
export function topP(p: number, temperature: number): SamplingFilter {
  return (logits, threshold, max) => {
    const kept = threshold === -Infinity ? logits.slice() : logits.filter((logit) => logit >= threshold);
    const weight = (logit: number) => expOfNegative((logit - max) / temperature);
    let total = 0;
    for (let i = 0; i < kept.length; i++) total += weight(kept[i]!);
    return selectThreshold(kept, weight, p * total);
  };
}

export interface Sampling {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** In order: each acts on what those before it keep. */
  readonly filters: readonly SamplingFilter[];
}

export interface SamplingOptions {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Keep the k most probable tokens; 0 keeps all. */
  readonly topK: number;
  /** Keep the smallest set whose probability reaches p; 1 keeps all. */
  readonly topP: number;
}

export function samplingOf({ temperature, topK: k, topP: p }: SamplingOptions): Sampling {
  // A single token is the most probable one: without filters, and without noise among equals.
  if (temperature === 0 || k === 1) return { temperature: 0, filters: [] };
  const filters = [...(k > 0 ? [topK(k)] : []), ...(p < 1 ? [topP(p, temperature)] : [])];
  return { temperature, filters };
}

/** Noise for the ids of a vocabulary, always the same. */
export interface TokenNoise {
  /** A number in (0, 1). */
  uniform(id: number): number;
  /** Of each of the first `count` ids an integer of 32 bits, whose upper 26 are those of `uniform`: faster than all of them one by one. */
  firstWords(count: number): Uint32Array;
  /** Ids whose score may count: all that do, and few others. */
  contenders(logits: Float32Array, contest: Contest): Contenders;
}

/** @param position in the sequence */
export function noiseOf(key: RandomKey, position: number): TokenNoise {
  return {
    uniform: (id) => key.uniform(position, id),
    firstWords: (count) => key.firstWords(position, count),
    contenders: (logits, contest) => key.contenders(position, logits, contest),
  };
}

/**
 * The chosen id. With temperature 0 the mode; else argmax over the kept ids of logits/temperature + Gumbel(uniform(id)), which
 * samples the tempered, filtered softmax.
 */
export function chooseToken(
  logits: Float32Array,
  { argmax }: Pick<Distribution, 'argmax'>,
  sampling: Sampling,
  noise: TokenNoise,
): number {
  return sampling.temperature === 0 ? argmax : bestScore(logits, argmax, sampling, noise, 0).id;
}

/**
 * The id that has the best score, logit/temperature + Gumbel(uniform(id)), of those that are kept, and how far it is above the next, at most `mostLead`.
 * Choices and drafts share this code: a draft takes long as long as V8 has not optimised it.
 * @param argmax id of the largest logit
 */
export function bestScore(
  logits: Float32Array,
  argmax: number,
  { temperature, filters }: Sampling,
  { uniform, contenders }: TokenNoise,
  mostLead: number,
): { id: number; lead: number } {
  const max = logits[argmax]!;
  const threshold = filters.reduce((least, filter) => filter(logits, least, max), -Infinity);
  const noiseOfMode = gumbelOf(uniform(argmax));
  let id = argmax;
  let best = max / temperature + noiseOfMode;
  let next = best - mostLead;
  const { count, ids, words } = contenders(logits, { max, needed: noiseOfMode - mostLead, temperature });
  for (let n = 0; n < count; n++) {
    const i = ids[n]!;
    const logit = logits[i]!;
    if (logit < threshold || logit === -Infinity || i === argmax) continue;
    if (hasLessNoise(words[n]!, next - logit / temperature)) continue;
    const score = logit / temperature + gumbelOf(uniform(i));
    if (score > best) {
      next = Math.max(best, score - mostLead);
      best = score;
      id = i;
    } else if (score > next) next = score;
  }
  return { id, lead: best - next };
}

/** Rows that are not exact differ by far less than this. */
export const closeLogits = 1e-3;

/** Whether logits that differ in their last digits could make `chooseToken` choose another id than `chosen`. */
export function isClose(
  logits: Float32Array,
  chosen: number,
  { temperature, filters }: Sampling,
  { uniform }: Pick<TokenNoise, 'uniform'>,
): boolean {
  // Which ids a filter keeps may hang on the last digits too.
  if (filters.length > 0) return true;
  const score = (id: number) =>
    temperature === 0 ? logits[id]! : logits[id]! / temperature + gumbelOf(uniform(id));
  const margin = temperature === 0 ? closeLogits : closeLogits / temperature;
  const least = score(chosen) - margin;
  return logits.some((logit, id) => {
    if (id === chosen || logit === -Infinity) return false;
    if (temperature > 0 && logit / temperature + largestGumbel < least) return false;
    return score(id) >= least;
  });
}

/** Ids of the k largest logits, largest first, lower id first among equals; fewer when fewer are finite. */
export function largest(logits: Float32Array, k: number): number[] {
  if (k === 0) return [];
  const least = k < logits.length ? selectThreshold(logits.slice(), () => 1, k) : -Infinity;
  const ids: number[] = [];
  for (let i = 0; i < logits.length; i++) if (logits[i]! >= least && logits[i]! > -Infinity) ids.push(i);
  return byLogit(logits, ids).slice(0, k);
}

/** Above every id. */
const idRange = 2 ** 21;

/**
 * The ids, those of the largest logits first, the lower id first among equals. Each becomes one number that is sorted as such: without
 * a comparison in JavaScript a vocabulary takes milliseconds.
 */
export function byLogit(logits: Float32Array, ids: ArrayLike<number>): number[] {
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  const keys = Float64Array.from(ids, (id) => {
    // -0 and 0 are equal.
    float[0] = logits[id]! + 0;
    const rank = bits[0]! < 0 ? bits[0]! ^ 0x7fffffff : bits[0]!;
    return id - rank * idRange;
  }).sort();
  return Array.from(keys, (key) => key - Math.floor(key / idRange) * idRange);
}
