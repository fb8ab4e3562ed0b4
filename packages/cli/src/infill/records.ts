// The JSON shapes of infilled texts and of events. docs/json.md describes them.
import type { FilledGap, InfillEvent, Infilled, InfillResult } from '@maria/core';
import type { HandedOn } from '../jsonl.js';
import type { ErrorRecord } from '../text-errors.js';

/** One filled text. */
export interface InfillRecord {
  readonly text: string;
  readonly ids: readonly number[];
  readonly gaps: readonly FilledGap[];
  /** Positions in `ids` that were filled, as `maria score` reads them. */
  readonly masked: readonly number[];
  readonly logLikelihood: number;
}

/** The record itself for one sample, else the samples in a list. */
export function infillRecord(
  identity: HandedOn,
  { samples, excluded }: Pick<InfillResult, 'samples' | 'excluded'>,
): object {
  const [first, ...others] = samples.map(recordOf);
  const filled = others.length === 0 ? first : { samples: [first, ...others] };
  return { ...identity, ...filled, excluded };
}

function recordOf({ text, ids, gaps, logLikelihood }: Infilled): InfillRecord {
  const masked = gaps.flatMap((gap) => gap.ids.map((_, i) => gap.position + i));
  return { text, ids, gaps, masked, logLikelihood };
}

/** An event with the index and the id of its input. */
export function eventRecord(index: number, { id }: HandedOn, event: InfillEvent): object {
  return { input: index, ...(id !== undefined && { inputId: id }), ...event };
}

/** A failed input among events. */
export function errorEvent(index: number, { id, error }: ErrorRecord): object {
  return { input: index, ...(id !== undefined && { inputId: id }), type: 'error', error };
}
