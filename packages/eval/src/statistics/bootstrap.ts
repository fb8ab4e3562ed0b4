// Intervals by the bootstrap: what a figure would be, had other documents been drawn. The same seed gives the same interval.
import { randomKey } from '@maria/core';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Estimate extends Partial<Interval> {
  readonly value: number;
}

export interface BootstrapOptions {
  /** An integer in [0, 2^32). */
  readonly seed: number;
  /** @default 1000 */
  readonly rounds?: number;
}

export const defaultRounds = 1000;
/** Stream of the generator. */
const stream = 0x626f6f74;

/**
 * The middle 95 % (percentiles 2.5 and 97.5) of `statistic` over samples of `count` units, drawn with replacement. Units of one seed are
 * drawn alike for every statistic, so a difference of two of them is a paired one.
 * @param statistic of how often each unit was drawn; NaN where it has no value
 * @returns undefined for fewer than two units
 */
export function bootstrapInterval(
  count: number,
  statistic: (times: Uint32Array) => number,
  { seed, rounds = defaultRounds }: BootstrapOptions,
): Interval | undefined {
  if (count < 2) return undefined;
  const key = randomKey(seed, stream);
  const values: number[] = [];
  const times = new Uint32Array(count);
  for (let round = 0; round < rounds; round++) {
    times.fill(0);
    for (let draw = 0; draw < count; draw++) times[Math.floor(key.uniform(round, draw) * count)]!++;
    const value = statistic(times);
    if (!Number.isNaN(value)) values.push(value);
  }
  if (values.length === 0) return undefined;
  values.sort((a, b) => a - b);
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** Of sorted values, between neighbours in proportion. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const below = Math.floor(at);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return a === b ? a : a + (at - below) * (b - a);
}

/** A numerator and a denominator of each unit, such as the nats and the words of a document. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

/** Sum of numerators over sum of denominators, with its interval over the units. */
export function ratioEstimate(units: readonly Ratio[], options: BootstrapOptions): Estimate {
  const statistic = (times?: Uint32Array) => ratio(units, times);
  return { value: statistic(), ...bootstrapInterval(units.length, statistic, options) };
}

/** Ratio of `a` minus that of `b`, unit by unit the same documents, with its interval. */
export function pairedDifference(
  a: readonly Ratio[],
  b: readonly Ratio[],
  options: BootstrapOptions,
): Estimate {
  if (a.length !== b.length) throw new RangeError(`${a.length} units do not pair with ${b.length}`);
  const statistic = (times?: Uint32Array) => ratio(a, times) - ratio(b, times);
  return { value: statistic(), ...bootstrapInterval(a.length, statistic, options) };
}

function ratio(units: readonly Ratio[], times?: Uint32Array): number {
  let [above, below] = [0, 0];
  units.forEach(({ numerator, denominator }, i) => {
    const weight = times?.[i] ?? 1;
    above += weight * numerator;
    below += weight * denominator;
  });
  return above / below;
}
