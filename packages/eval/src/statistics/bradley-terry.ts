// Ratings from pairwise judgments (Bradley, Terry 1952): P(a beats b) = s_a / (s_a + s_b). A tie is half a win for each.
import { randomKey } from '@maria/core';
import { type Interval, quantile } from './bootstrap.js';

/** Judgments of one pair: how often each side won, and ties. */
export interface PairCounts {
  /** Indices of the two. */
  readonly a: number;
  readonly b: number;
  readonly winsOfA: number;
  readonly winsOfB: number;
  readonly ties: number;
}

/** Wins that every pair is given each way before its own count: one that never loses would be infinitely good without. */
export const priorWins = 0.5;

/** Mean of all ratings, and the points that make odds of 10 to 1. */
export const eloMean = 1000;
const eloScale = 400;

/**
 * Ratings by maximum likelihood with the prior, on the ELO scale: 400 points are odds of 10 to 1, the mean of all is 1000.
 * The update is the minorise-maximise one (Hunter 2004), which rises at every step.
 */
export function bradleyTerry(count: number, pairs: readonly PairCounts[], prior = priorWins): number[] {
  /** wins[i][j] of i over j. */
  const wins = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length: count }, (_, j) => (i === j ? 0 : prior)),
  );
  for (const { a, b, winsOfA, winsOfB, ties } of pairs) {
    wins[a]![b]! += winsOfA + ties / 2;
    wins[b]![a]! += winsOfB + ties / 2;
  }
  const won = wins.map((row) => row.reduce((sum, one) => sum + one, 0));
  let strengths = won.map(() => 1);
  for (let step = 0; step < 10_000; step++) {
    const next = strengths.map((strength, i) => {
      let expected = 0;
      strengths.forEach((other, j) => {
        if (i !== j) expected += (wins[i]![j]! + wins[j]![i]!) / (strength + other);
      });
      return expected === 0 ? strength : won[i]! / expected;
    });
    const scale = Math.exp(next.reduce((sum, one) => sum + Math.log(one), 0) / next.length);
    const normalized = next.map((strength) => strength / scale);
    const change = Math.max(...normalized.map((strength, i) => Math.abs(Math.log(strength / strengths[i]!))));
    strengths = normalized;
    if (change < 1e-12) break;
  }
  return strengths.map((strength) => eloMean + eloScale * Math.log10(strength));
}

export interface Rating extends Partial<Interval> {
  /** Of all judgments. */
  readonly value: number;
}

/** Stream of the generator. */
const stream = 0x656c6f;

/**
 * Ratings with the middle 95 % of a bootstrap over groups of judgments, such as those of one text: what was judged together is drawn together.
 * @param groups the counts of each
 */
export function ratings(
  count: number,
  groups: readonly (readonly PairCounts[])[],
  { seed, rounds }: { readonly seed: number; readonly rounds: number },
): Rating[] {
  const all = bradleyTerry(count, groups.flat());
  if (groups.length < 2) return all.map((value) => ({ value }));
  const key = randomKey(seed, stream);
  const drawn = Array.from({ length: rounds }, (_, round) =>
    bradleyTerry(
      count,
      summed(groups.flatMap((_, draw) => groups[Math.floor(key.uniform(round, draw) * groups.length)]!)),
    ),
  );
  return all.map((value, i) => {
    const sorted = drawn.map((one) => one[i]!).sort((a, b) => a - b);
    return { value, low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
  });
}

/** One entry for each pair. */
export function summed(counts: readonly PairCounts[]): PairCounts[] {
  const sums = new Map<string, PairCounts>();
  for (const one of counts) {
    const name = `${one.a} ${one.b}`;
    const before = sums.get(name);
    sums.set(
      name,
      before
        ? {
            a: one.a,
            b: one.b,
            winsOfA: before.winsOfA + one.winsOfA,
            winsOfB: before.winsOfB + one.winsOfB,
            ties: before.ties + one.ties,
          }
        : one,
    );
  }
  return [...sums.values()];
}
