// Reads recorded runs: the events of `maria infill --events` or `maria anneal --events`, or a trace of annealing.
import {
  DataError,
  type InfillEvent,
  misfit,
  ownTurn,
  readJson,
  readSweepRecord,
  type SweepRecord,
} from '@maria/core';
import { z } from 'zod';

export type Recording =
  | { readonly kind: 'infill'; readonly events: readonly InfillEvent[] }
  | { readonly kind: 'anneal'; readonly records: readonly SweepRecord[] };

const count = z.int().nonnegative();
const probability = z.number().min(0).max(1);
/** Recordings of the first version tell of a token its text only. */
const token = {
  id: count,
  token: z.string(),
  piece: z.string().default(''),
  bytes: z.array(count).default([]),
};
const alternative = z.object({ ...token, probability });
const infillEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('windows-planned'),
    windows: z.array(z.object({ start: count, end: count, tokens: count })),
  }),
  z.object({
    type: z.literal('lengths-compared'),
    round: count,
    gap: count,
    length: count,
    candidates: z.array(
      z.object({
        length: count,
        ids: z.array(count),
        text: z.string(),
        logFill: z.number(),
        logText: z.number(),
        logAfter: z.number(),
        score: z.number(),
      }),
    ),
  }),
  z.object({
    type: z.literal('mlm-encoded'),
    sample: count.optional(),
    lengths: z.array(count).optional(),
    ids: z.array(count).min(1),
    positions: z.array(count).min(1),
  }),
  z.object({
    type: z.literal('drafted'),
    sample: count,
    tokens: z.array(z.object({ position: count, ...token })),
  }),
  z.object({
    type: z.literal('gap-filled'),
    sample: count,
    position: count,
    gap: count,
    index: count,
    ...token,
    probability,
    legalMass: probability.optional(),
    alternatives: z.array(alternative).optional(),
  }),
  z.object({ type: z.literal('gap-masked'), sample: count, position: count, gap: count, index: count }),
  z.object({ type: z.literal('step-end'), sample: count, step: count, fed: count, filled: count }),
  z.object({
    type: z.literal('done'),
    sample: count,
    text: z.string(),
    ids: z.array(count),
    gaps: z.array(
      z.object({
        position: count,
        ids: z.array(count),
        tokens: z.array(z.object(token)).default([]),
        text: z.string(),
        probabilities: z.array(probability),
      }),
    ),
    logLikelihood: z.number(),
    weight: probability.optional(),
    jointLogLikelihood: z.number().optional(),
  }),
]);

/** Events of annealing that say nothing which the records do not. */
const annealOnly: readonly unknown[] = ['anneal-start', 'sweep-start'];

/**
 * The recording in lines of JSON. A last line that was cut off is left out: the run may still be going on.
 * @param name what the lines are read from, for errors
 * @throws DataError naming the line that belongs to no recording
 */
export async function readRecording(text: string, name: string): Promise<Recording> {
  const lines = text.split('\n');
  const cutOff = lines.pop();
  const values: Fields[] = [];
  for (const [i, line] of lines.entries()) {
    values.push(await parseLine(line, placeOf(i, name)));
    await turnAfter(i);
  }
  if (cutOff !== undefined && cutOff.trim() !== '') {
    try {
      values.push(await parseLine(cutOff, placeOf(lines.length, name)));
    } catch {
      // The line that was being written when the run ended.
    }
  }
  if (values.length === 0) throw bad(name, 'it is empty');
  return isAnnealing(values) ? readAnnealing(values, name) : readInfilling(values, name);
}

type Fields = Readonly<Record<string, unknown>>;

/** Lines that are read in one turn. */
const linesInOneTurn = 16;

async function turnAfter(index: number): Promise<void> {
  if (index % linesInOneTurn === linesInOneTurn - 1) await ownTurn();
}

function placeOf(index: number, name: string): string {
  return `line ${index + 1} of ${name}`;
}

async function parseLine(line: string, place: string): Promise<Fields> {
  let value: unknown;
  try {
    value = await readJson(line);
  } catch (error) {
    throw bad(place, 'it is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(place, 'it is not a JSON object');
  return value as Fields;
}

function isAnnealing(values: readonly Fields[]): boolean {
  const [first] = values;
  return first?.type === undefined ? 'sweep' in (first ?? {}) : first.type === 'anneal-start';
}

/** Of several chains the first one that is recorded. */
async function readAnnealing(values: readonly Fields[], name: string): Promise<Recording> {
  const records: SweepRecord[] = [];
  let chain: unknown;
  for (const [i, value] of values.entries()) {
    await turnAfter(i);
    const isRecord = value.type === undefined || value.type === 'sweep-end';
    if (!isRecord) {
      if (!annealOnly.includes(value.type) && value.type !== 'gap-filled' && value.type !== 'done')
        throw bad(placeOf(i, name), `an event of annealing is never "${String(value.type)}"`);
      continue;
    }
    chain ??= value.chain;
    if (value.chain !== chain) continue;
    const record = readSweepRecord(value, placeOf(i, name));
    const before = records.at(-1);
    if (record.sweep !== records.length)
      throw bad(placeOf(i, name), `sweep ${record.sweep} follows ${records.length} sweeps`);
    if (before !== undefined && before.ids.length !== record.ids.length)
      throw bad(
        placeOf(i, name),
        `it has ${record.ids.length} ids, the sweep before has ${before.ids.length}`,
      );
    records.push(record);
  }
  if (records.length === 0) throw bad(name, 'no sweep is recorded in it');
  return { kind: 'anneal', records };
}

async function readInfilling(values: readonly Fields[], name: string): Promise<Recording> {
  const events: InfillEvent[] = [];
  let ids: readonly number[] | undefined;
  for (const [i, value] of values.entries()) {
    await turnAfter(i);
    const place = placeOf(i, name);
    // A text that could not be filled has nothing to show.
    if (value.type === 'error') continue;
    const parsed = infillEvent.safeParse(value);
    if (!parsed.success)
      throw bad(place, `no event of a recorded run (${misfit(infillEvent, value, parsed.error)})`);
    const event = parsed.data as InfillEvent;
    if (event.type === 'mlm-encoded') {
      ids = event.ids;
      const again = event.positions.find((position, at) => at > 0 && position <= event.positions[at - 1]!);
      if (again !== undefined) throw bad(place, `position ${again} does not follow the one before it`);
    }
    const length = ids?.length ?? (event.type === 'done' ? event.ids.length : 0);
    const outside = positionsOf(event).find((position) => position >= length);
    if (outside !== undefined) throw bad(place, `position ${outside} is beyond its ${length} ids`);
    events.push(event);
  }
  if (!events.some(({ type }) => type === 'mlm-encoded')) throw bad(name, 'no run is recorded in it');
  return { kind: 'infill', events };
}

function positionsOf(event: InfillEvent): readonly number[] {
  if (event.type === 'mlm-encoded') return event.positions;
  if (event.type === 'drafted') return event.tokens.map(({ position }) => position);
  return 'position' in event ? [event.position] : [];
}

function bad(place: string, fact: string, cause?: unknown): DataError {
  return new DataError('invalid-recording', `Cannot replay ${place}: ${fact}.`, {
    try: 'Give the events of filling or of annealing, or a trace of annealing.',
    cause,
  });
}

/** Ids that the vocabulary has no token for. @throws DataError if there are any */
export function checkVocabulary(recording: Recording, size: number, name: string): void {
  const sequences =
    recording.kind === 'anneal'
      ? recording.records.map(({ ids }) => ids)
      : recording.events.flatMap((event) => ('ids' in event ? [event.ids] : []));
  for (const ids of sequences) {
    const beyond = ids.find((id) => id >= size);
    if (beyond === undefined) continue;
    throw new DataError(
      'vocabulary-mismatch',
      `Cannot replay ${name}: it has token ${beyond}, and the model's vocabulary has ${size}.`,
      { try: 'Replay with the model that made the recording.', facts: { recording: name } },
    );
  }
}
