// Which positions a sweep masks again.
import type { RandomKey } from '../random.js';

/**
 * - `uniform`: any free position, equally likely
 * - `least-confident`: those whose tokens had the lowest probability when they were chosen
 * - `gumbel`: by -log probability plus Gumbel noise, between the two above
 * - `spans`: runs of neighbouring positions, uniformly placed
 */
export type Selection = 'uniform' | 'least-confident' | 'gumbel' | 'spans';
export const selections: readonly Selection[] = ['uniform', 'least-confident', 'gumbel', 'spans'];

export interface SelectOptions {
  readonly selection: Selection;
  /** Free positions, ascending. */
  readonly free: readonly number[];
  /** How many to choose, at most free.length. */
  readonly count: number;
  /** Probability that each position's token had when it was chosen. */
  readonly confidence: ArrayLike<number>;
  /** Mean length of a span, in tokens. */
  readonly spanLength: number;
  /** Noise of this sweep: a pure function of the seed and the sweep. */
  readonly noise: RandomKey;
}

/** The chosen positions, ascending. */
export function selectPositions({
  selection,
  free,
  count,
  confidence,
  spanLength,
  noise,
}: SelectOptions): number[] {
  if (count >= free.length) return [...free];
  if (selection === 'spans') return selectSpans(free, count, spanLength, noise);
  const score = (position: number): number => {
    const surprise = -Math.log(Math.max(confidence[position]!, Number.MIN_VALUE));
    if (selection === 'least-confident') return surprise;
    return selection === 'gumbel' ? surprise + noise.gumbel(0, position) : noise.uniform(0, position);
  };
  const scores = new Map(free.map((position) => [position, score(position)]));
  return [...free]
    .sort((a, b) => scores.get(b)! - scores.get(a)! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** Spans start at random free positions, with geometric lengths, until `count` positions are covered. */
function selectSpans(free: readonly number[], count: number, meanLength: number, noise: RandomKey): number[] {
  const chosen = new Set<number>();
  for (let draw = 0; chosen.size < count; draw++) {
    const start = Math.floor(noise.uniform(1, draw) * free.length);
    const length =
      1 + Math.floor(Math.log(noise.uniform(2, draw)) / Math.log1p(-1 / Math.max(meanLength, 1 + 1e-9)));
    for (let i = start; i < Math.min(start + length, free.length) && chosen.size < count; i++)
      chosen.add(free[i]!);
  }
  return [...chosen].sort((a, b) => a - b);
}
