// Several samples of one sequence: filled at once, told one after the other.
import { inOrder } from '../in-order.js';
import type { Model } from '../maria/model.js';
import type { DraftCounts, InfillEvent, Infilled, InfillPasses } from './events.js';
import { schedulerOf } from './scheduler.js';

/** One sample, and what it took. */
export interface FilledSample {
  readonly infilled: Infilled;
  readonly passes: InfillPasses;
  readonly drafts: DraftCounts;
}

/** All samples, and what they took together. */
export interface FilledSamples {
  readonly samples: readonly Infilled[];
  readonly passes: InfillPasses;
  readonly drafts: DraftCounts;
}

type Fill = (sample: number) => AsyncGenerator<InfillEvent, FilledSample>;

export async function* eachSample(
  model: Model,
  count: number,
  fill: Fill,
): AsyncGenerator<InfillEvent, FilledSamples> {
  // As its reader goes: whoever leaves after a token has paid for no other.
  return together(count === 1 ? [yield* fill(0)] : yield* severalSamples(model, count, fill));
}

/** As `eachSample`, of more than one. */
export async function* severalSamples(
  model: Model,
  count: number,
  fill: Fill,
): AsyncGenerator<InfillEvent, readonly FilledSample[]> {
  const filled: FilledSample[] = [];
  const numbers = Array.from({ length: count }, (_, sample) => sample);
  // Each sample in a lane of its own, as many as there are.
  for await (const told of inOrder(numbers, schedulerOf(model).lanes, fill)) {
    if ('error' in told) throw told.error;
    if ('event' in told) yield told.event;
    else filled.push(told.result);
  }
  return filled;
}

export function together(filled: readonly FilledSample[]): FilledSamples {
  return {
    samples: filled.map(({ infilled }) => infilled),
    passes: filled.map(({ passes }) => passes).reduce(sum),
    drafts: filled.map(({ drafts }) => drafts).reduce(sum, noDrafts()),
  };
}

export function noDrafts(): DraftCounts {
  return { drafted: 0, accepted: 0, rejected: 0, decidedAlone: 0 };
}

/** Of each count. */
export function sum<T extends { [K in keyof T]: number }>(a: T, b: T): T {
  return Object.fromEntries((Object.keys(a) as (keyof T)[]).map((name) => [name, a[name] + b[name]])) as T;
}
