// The JSON shapes of infilled texts and of events. docs/json.md describes them.
import type { ExplainedPosition, FilledGap, InfillEvent, Infilled, InfillResult } from '@maria/core';
import type { HandedOn } from '../jsonl.js';
import type { OutputColumns } from '../scale/parquet-sink.js';
import type { ErrorRecord } from '../text-errors.js';

/** One filled text. */
export interface InfillRecord {
  readonly text: string;
  readonly ids: readonly number[];
  readonly gaps: readonly FilledGap[];
  /** Positions in `ids` that were filled, as `maria score` reads them. */
  readonly masked: readonly number[];
  readonly logLikelihood: number;
  readonly weight?: number;
  readonly jointLogLikelihood?: number;
  readonly logImportance?: number;
}

/** What all of these records have beside what is read of a text. */
export const fieldsWritten = ['masked', 'logLikelihood', 'excluded'];

/**
 * The record itself for one sample, else the samples in a list.
 * @param runSeed the seed that was drawn for the run, if it was
 */
export function infillRecord(
  identity: HandedOn,
  {
    samples,
    excluded,
    search,
    windows,
    lengths,
  }: Pick<InfillResult, 'samples' | 'excluded' | 'search' | 'windows' | 'lengths'>,
  runSeed?: number,
): object {
  const [first, ...others] = samples.map(recordOf);
  const filled = others.length === 0 ? first : { samples: [first, ...others] };
  return {
    ...identity,
    ...filled,
    excluded,
    ...(search && { search }),
    ...(windows && { windows }),
    ...(lengths && { lengths }),
    ...(runSeed !== undefined && { runSeed }),
  };
}

function recordOf({ sample: _, text, ids, gaps, ...told }: Infilled): InfillRecord {
  const masked = gaps.flatMap((gap) => gap.ids.map((_, i) => gap.position + i));
  return { text, ids, gaps, masked, ...told };
}

/** The columns of these records in Parquet: what is nested is JSON. */
export function infillColumns({
  samples = 1,
  best,
  distinct,
}: {
  readonly samples?: number | undefined;
  readonly best?: number | undefined;
  readonly distinct: boolean;
}): OutputColumns {
  return {
    text: 'text',
    ids: 'integers',
    gaps: 'json',
    masked: 'integers',
    logLikelihood: 'double',
    ...((best !== undefined || distinct) && {
      weight: 'double',
      jointLogLikelihood: 'double',
      logImportance: 'double',
    }),
    ...((best ?? samples) > 1 && { samples: 'json' }),
    excluded: 'json',
    search: 'json',
    windows: 'json',
    lengths: 'json',
    runSeed: 'integer',
    error: 'json',
  };
}

/** What each model alone, and both fused, made of a token, once all are there: told by the server. */
export interface ExplainedEvent extends ExplainedPosition {
  readonly type: 'explained';
  readonly sample: number;
  /** Which gap, and which of its tokens. */
  readonly gap: number;
  readonly index: number;
}

/** An event with the index and the id of its input; a text that is done with the seed that was drawn. */
export function eventRecord(
  index: number,
  { id }: HandedOn,
  event: InfillEvent | ExplainedEvent,
  runSeed?: number,
): object {
  const seed = event.type === 'done' && runSeed !== undefined ? { runSeed } : {};
  return { input: index, ...(id !== undefined && { inputId: id }), ...event, ...seed };
}

/** A failed input among events. */
export function errorEvent(index: number, { id, error }: ErrorRecord): object {
  return { input: index, ...(id !== undefined && { inputId: id }), type: 'error', error };
}
