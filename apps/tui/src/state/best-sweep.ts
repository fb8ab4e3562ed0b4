// Which sweep is the best: the one with the lowest energy, the first of them.
import type { SweepRecord } from '@maria/core';

/** Index of the record; undefined where there is none. */
export function bestSweep(records: readonly SweepRecord[]): number | undefined {
  let best: number | undefined;
  for (const [i, { energy }] of records.entries())
    if (best === undefined || energy < records[best]!.energy) best = i;
  return best;
}
