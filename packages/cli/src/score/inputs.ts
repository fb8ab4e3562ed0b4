// What `maria score` reads: JSON Lines records, or texts that are masked by flags.
import type { ScoreInput } from '@maria/core';
import { type MariaError, UsageError } from '@maria/core/errors';
import { isJsonObject } from '@maria/core/json';
import { lineName, readLines, type Source, textOfLine } from '../input.js';
import {
  badRecord,
  type HandedOn,
  handedOn,
  integersOf,
  type JsonObject,
  type RecordSource,
  recordsOf,
  refuseFailed,
  seedOf,
  textIn,
} from '../jsonl.js';
import { Share } from '../scale/share.js';
import { concernsOneText } from '../text-errors.js';

/** How the command line masks texts. */
export interface Masking {
  /** For the texts that do not say what is masked. */
  readonly maskRate?: number;
  /** For the texts that have no seed of their own. */
  readonly seed?: number;
  /** Number of the first text. */
  readonly firstRecord: number;
  /** An input without a text is an error. */
  readonly required?: boolean;
  /** Which inputs; all without it. */
  readonly share?: Share;
}

export type Scorable = {
  /** The record's own `id`, if it has one, and its other fields, which come back as they are. */
  readonly identity: HandedOn;
  readonly name: string;
} & (
  | { readonly input: ScoreInput }
  /** Of one record, as infill writes them: each is scored. */
  | { readonly samples: readonly Sample[] }
  | { readonly error: MariaError }
);

export interface Sample {
  /** Its other fields, which come back as they are. */
  readonly identity: JsonObject;
  readonly input: ScoreInput;
}

const forms =
  'A record is {"ids", "masked"}, {"text", "maskRate", "seed"?} or {"text", "spans": [[start, end], …]}, and may have an "id".';

/** One item for each line of each source. */
export async function* scoreRecords(
  sources: Iterable<RecordSource> | AsyncIterable<RecordSource>,
  masking: Masking,
): AsyncGenerator<Scorable> {
  const { share = new Share() } = masking;
  let number = masking.firstRecord;
  for await (const source of sources) {
    for await (const { name, read } of recordsOf(source)) {
      const place = number++;
      if (!share.takes(place - masking.firstRecord)) continue;
      try {
        yield scorableOf(await read(), name, masking, place);
      } catch (error) {
        if (!concernsOneText(error)) throw error;
        yield { identity: {}, name, error };
      }
    }
  }
  if (masking.required && number === masking.firstRecord) throw emptyInput();
  share.refuseShort(number - masking.firstRecord);
}

/** What a record asks to be scored, or what is wrong with it. @param place number of the text */
export function scorableOf(record: JsonObject, name: string, masking: Masking, place: number): Scorable {
  const identity = handedOn(record, fieldsRead(record));
  try {
    refuseFailed(record);
    return hasSamples(record)
      ? { identity, name, samples: samplesOf(record, name, masking, place) }
      : { identity, name, input: inputOf(record, name, masking, place) };
  } catch (error) {
    if (!concernsOneText(error)) throw error;
    return { identity, name, error };
  }
}

/** The texts in order; `-` stands for the lines of the source. */
export async function* scoreTexts(
  texts: readonly string[],
  source: () => Source,
  { maskRate, firstRecord, required, share = new Share(), ...seed }: Masking & { readonly maskRate: number },
): AsyncGenerator<Scorable> {
  let record = firstRecord;
  const inputFor = (text: string, number: number) => ({ text, maskRate, ...seed, record: number });
  for (const [index, text] of texts.entries()) {
    if (text !== '-') {
      const number = record++;
      if (share.takes(number - firstRecord))
        yield { identity: {}, name: `text ${index + 1}`, input: inputFor(text, number) };
      continue;
    }
    const { bytes, name: sourceName } = source();
    let empty = true;
    for await (const line of readLines(bytes)) {
      empty = false;
      const number = record++;
      if (!share.takes(number - firstRecord)) continue;
      const place = { identity: {}, name: lineName(line, sourceName) };
      try {
        yield { ...place, input: inputFor(textOfLine(line, place.name), number) };
      } catch (error) {
        if (!concernsOneText(error)) throw error;
        yield { ...place, error };
      }
    }
    if (required && empty) throw emptyInput();
  }
  share.refuseShort(record - firstRecord);
}

/** Of a record that has ids and a text, as infill writes them, what says what is masked tells which is meant. */
function isOfIds(record: JsonObject): boolean {
  return 'ids' in record && ('masked' in record || !('text' in record));
}

/** What `maria infill --samples` writes: what is scored is in the samples. */
function hasSamples(record: JsonObject): boolean {
  return 'samples' in record && !('text' in record || 'ids' in record);
}

function samplesOf(
  { samples }: JsonObject,
  name: string,
  masking: Masking,
  place: number,
): readonly Sample[] {
  if (!Array.isArray(samples) || samples.length === 0 || !samples.every(isJsonObject))
    throw badRecord(name, '"samples" is not a list of records', forms);
  return samples.map((sample: JsonObject, i) => ({
    identity: handedOn(sample, fieldsRead(sample)),
    input: inputOf(sample, `sample ${i} of ${name}`, masking, place),
  }));
}

/** All fields of records that are read, beside the text. */
export const fieldsOfScores = ['ids', 'masked', 'maskRate', 'spans', 'seed', 'samples'];

function fieldsRead(record: JsonObject): string[] {
  if (hasSamples(record)) return ['samples', 'excluded'];
  return ['ids', 'masked', 'maskRate', 'spans', 'seed', ...(isOfIds(record) ? [] : ['text'])];
}

function inputOf(record: JsonObject, name: string, masking: Masking, place: number): ScoreInput {
  if (!('text' in record || 'ids' in record)) throw badRecord(name, 'it has neither "text" nor "ids"', forms);
  if (isOfIds(record))
    return { ids: integersOf(record, 'ids', name), masked: integersOf(record, 'masked', name) };
  const { maskRate = masking.maskRate, spans } = record;
  const text = textIn(record, name, forms);
  if (record.maskRate !== undefined && spans !== undefined)
    throw badRecord(name, 'it has both "maskRate" and "spans"', forms);
  if (spans !== undefined) {
    if (!Array.isArray(spans) || spans.length > text.length || !spans.every(isSpan))
      throw badRecord(name, '"spans" is not a list of [start, end]', forms);
    return { text, spans };
  }
  if (maskRate === undefined) throw badRecord(name, 'it says neither "maskRate" nor "spans"', forms);
  if (typeof maskRate !== 'number') throw badRecord(name, '"maskRate" is not a number', forms);
  return { text, maskRate, ...noiseOf(record, name, masking, place) };
}

/** A text with a seed of its own is masked as the first of a run with that --seed. */
function noiseOf(record: JsonObject, name: string, { seed }: Masking, place: number) {
  const own = seedOf(record, name);
  if (own !== undefined) return { seed: own, record: 0 };
  return { ...(seed !== undefined && { seed }), record: place };
}

function isSpan(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((offset) => Number.isSafeInteger(offset));
}

function emptyInput(): UsageError {
  return new UsageError('empty-input', 'Cannot score: the input is empty.', {
    try: 'maria score --mask-rate 0.5 "The cat sat on the mat."',
  });
}
