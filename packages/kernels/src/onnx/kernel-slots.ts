// The slots of a graph's attention kernels: which of the packed rows each reads, and over which lane of a cache. Inputs beside the program's own.
import { int32, type Value } from '@maria/core';
import type { GraphValue } from './lowered-graph.js';
import { paddedCount } from './padded-rows.js';

/** Packed rows that the slots read, slot after slot. */
export const slotRows = 'slots.rows';
/** How many of them each slot reads. */
export const slotCounts = 'slots.counts';
/** For each packed row, where its result is among those of the slots. */
export const slotResults = 'slots.results';
/** Of one slot: tokens in its cache after the run, and the position of the last. */
export const slotTotal = (slot: number) => `slots.total.${slot}`;
export const slotLast = (slot: number) => `slots.last.${slot}`;

/** Tokens that a lane of a cache has room for. */
export function cacheLength(capacity: number): number {
  return capacity + 1;
}

/** Tokens in the cache of a slot that nobody reads in a run. */
export const idleLength = paddedCount(1);

/** @param time the dimension of the packed rows @param cached whether the kernels attend over a cache */
export function kernelSlotValues(slots: number, time: string, cached: boolean): GraphValue[] {
  const value = (name: string, shape: GraphValue['shape']): GraphValue => ({ name, dtype: 'int32', shape });
  return [
    value(slotRows, [`${slotRows}.length`]),
    value(slotCounts, [slots]),
    value(slotResults, [time]),
    ...Array.from({ length: cached ? slots : 0 }, (_, slot) => [
      value(slotTotal(slot), []),
      value(slotLast(slot), [1]),
    ]).flat(),
  ];
}

/** What a slot reads: packed rows, after so many tokens of its lane. */
interface SlotRows {
  readonly first: number;
  readonly rowCount: number;
  readonly past: number;
}

/** Their values for a run, by name. @param reads what each slot of the kernels reads, undefined for a slot that is idle */
export function kernelSlotInputs(
  reads: readonly (SlotRows | undefined)[],
  cached: boolean,
): ReadonlyMap<string, Value> {
  const rows: number[] = [];
  const counts: number[] = [];
  const results: number[] = [];
  const inputs = new Map<string, Value>();
  reads.forEach((read, slot) => {
    const { first, rowCount, past } = read ?? { first: 0, rowCount: 0, past: 0 };
    const atLeastOne = Math.max(1, rowCount);
    // Over a cache. The second result is dropped, and what it leaves in the cache is overwritten by the next run.
    const count = cached ? paddedCount(atLeastOne) : atLeastOne;
    for (let i = 0; i < rowCount; i++) results[first + i] = rows.length + i;
    for (let i = 0; i < count; i++) rows.push(first + Math.max(0, Math.min(i, rowCount - 1)));
    counts.push(count);
    inputs.set(slotTotal(slot), int32([past + count], []));
    inputs.set(slotLast(slot), int32([past + count - 1]));
  });
  return inputs.set(slotRows, int32(rows)).set(slotCounts, int32(counts)).set(slotResults, int32(results));
}
