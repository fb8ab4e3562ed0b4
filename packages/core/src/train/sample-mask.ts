// Draws the masked positions of items. A mask is a pure function of the seed, the purpose and the item's number.
import { type RandomKey, randomKey } from '../random.js';
import type { Masking, MaskRate } from './masking.js';

/** Masks of different purposes have nothing in common, whatever the seed. */
export type MaskPurpose = 'training' | 'evaluation';

/** Streams of the generator; 0 and 1 draw random heads. */
const streams: Record<MaskPurpose, { rate: number; position: number }> = {
  training: { rate: 0x6d61736b, position: 0x6d61736c },
  evaluation: { rate: 0x6576616c, position: 0x6576616d },
};

export interface MaskedItem {
  readonly length: number;
  /** First position that may be masked: 1 where the AR model has nothing to read before position 0. */
  readonly first: number;
  /** Whether a word starts at a position; asked only for whole words. */
  readonly startsWord?: (position: number) => boolean;
}

/** Masked positions of item `number`, ascending: at least one if there is any that may be masked. */
export type SampleMask = (number: number, item: MaskedItem) => number[];

export function maskSampler(masking: Masking, seed: number, purpose: MaskPurpose): SampleMask {
  const rates = randomKey(seed, streams[purpose].rate);
  const positions = randomKey(seed, streams[purpose].position);
  return (number, item) => {
    const units = unitsOf(item, masking.wholeWords ?? false);
    if (units.length === 0) return [];
    const rate = drawRate(masking.rate, rates, number);
    const draws = units.map((_, i) => positions.uniform(number, i));
    const masked =
      masking.meanSpan === undefined
        ? draws.map((draw) => draw < rate)
        : maskSpans(draws, rate, masking.meanSpan);
    // An item without a mask would say nothing: the likeliest unit is masked.
    if (!masked.includes(true)) masked[draws.indexOf(Math.min(...draws))] = true;
    return units.flatMap((unit, i) => (masked[i] ? unit : []));
  };
}

/** What is masked together: tokens, or words. A word that begins before `first` is cut there. */
function unitsOf({ length, first, startsWord }: MaskedItem, wholeWords: boolean): number[][] {
  const units: number[][] = [];
  for (let position = first; position < length; position++) {
    const last = units.at(-1);
    if (wholeWords && last && startsWord && !startsWord(position)) last.push(position);
    else units.push([position]);
  }
  return units;
}

/**
 * A chain of masked and observed units, in which every unit is masked with probability `rate` and masked runs have the
 * mean length. A high rate with short spans has no such chain; the spans are then as much longer as they must be.
 */
function maskSpans(draws: readonly number[], rate: number, meanSpan: number): boolean[] {
  const mean = Math.max(meanSpan, rate / (1 - rate));
  const leave = 1 / mean;
  const enter = rate / ((1 - rate) * mean);
  let masked = false;
  return draws.map((draw, i) => {
    if (rate >= 1) masked = true;
    else if (i === 0) masked = draw < rate;
    else masked = masked ? draw >= leave : draw < enter;
    return masked;
  });
}

function drawRate(rate: MaskRate, key: RandomKey, number: number): number {
  switch (rate.kind) {
    case 'fixed':
      return rate.rate;
    case 'uniform':
      return rate.least + (rate.most - rate.least) * key.uniform(number, 0);
    case 'beta': {
      // Two numbers of a gamma distribution, as logarithms: small shapes underflow.
      const a = logGamma(rate.alpha, key, number, 0);
      const b = logGamma(rate.beta, key, number, 1);
      return 1 / (1 + Math.exp(b - a));
    }
  }
}

/** Logarithm of a number of the gamma distribution (Marsaglia, Tsang: A simple method for generating gamma variables; 2000). */
function logGamma(shape: number, key: RandomKey, number: number, which: 0 | 1): number {
  // Counters 2, 4, 6 ... for one number and 3, 5, 7 ... for the other.
  let counter = which;
  const next = () => (counter += 2);
  const boost = shape < 1 ? Math.log(key.uniform(number, next())) / shape : 0;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = key.normal(number, next());
    const v = (1 + c * x) ** 3;
    const u = key.uniform(number, next());
    if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v) + boost;
  }
}
