// Times of repeated runs: the least and the median, in milliseconds.

/** Milliseconds since some fixed moment. */
export type Clock = () => number;

export interface Timing {
  readonly min: number;
  readonly median: number;
}

export interface TimingOptions {
  /** Runs before those that count. */
  readonly warmUp: number;
  /** Runs that count; at least 1. */
  readonly repetitions: number;
  readonly clock: Clock;
}

/** @throws RangeError for no times */
export function summarizeTimes(milliseconds: readonly number[]): Timing {
  if (milliseconds.length === 0) throw new RangeError('there are no times to summarise');
  return { min: Math.min(...milliseconds), median: median(milliseconds) };
}

/** The middle value, or the mean of the two in the middle. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How long each of `repetitions` runs takes, after the warm-up. */
export async function timeRuns(
  run: () => Promise<unknown>,
  { warmUp, repetitions, clock }: TimingOptions,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = -warmUp; i < repetitions; i++) {
    const started = clock();
    await run();
    if (i >= 0) times.push(clock() - started);
  }
  return times;
}
