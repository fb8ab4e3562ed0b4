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
  /** No further run starts after so many milliseconds, once one has counted. @default Infinity */
  readonly timeLimit?: number;
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

/** How long each run takes, after the warm-up: `repetitions` runs, or as many as there is time for. */
export async function timeRuns(
  run: () => Promise<unknown>,
  { warmUp, repetitions, timeLimit = Infinity, clock }: TimingOptions,
): Promise<number[]> {
  const times: number[] = [];
  let left = timeLimit;
  for (let warm = 0; times.length < repetitions && (left > 0 || times.length === 0); ) {
    const started = clock();
    await run();
    const took = clock() - started;
    left -= took;
    // Where the time is over before the runs are warm, the last one counts.
    if (warm < warmUp && left > 0) warm++;
    else times.push(took);
  }
  return times;
}
