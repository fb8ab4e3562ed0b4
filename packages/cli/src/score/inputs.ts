// What `maria score` reads: JSON Lines records, or texts that are masked by flags.
import type { ScoreInput } from '@maria/core';
import { type MariaError, UsageError } from '@maria/core/errors';
import { type Line, readLines, type Source, tooLong } from '../input.js';
import { badRecord, integersOf, type JsonObject, parseObject, seedOf } from '../jsonl.js';
import { concernsOneText } from '../text-errors.js';
import { decodeUtf8 } from '../utf8.js';

/** How the command line masks texts. */
export interface Masking {
  /** For the texts that do not say what is masked. */
  readonly maskRate?: number;
  /** For the texts that have no seed of their own. */
  readonly seed?: number;
  /** Number of the first text. */
  readonly firstRecord: number;
}

export type Scorable = {
  readonly identity: { readonly id?: unknown };
  readonly name: string;
} & ({ readonly input: ScoreInput } | { readonly error: MariaError });

const forms =
  'A record is {"ids", "masked"}, {"text", "maskRate", "seed"?} or {"text", "spans": [[start, end], …]}, and may have an "id".';

/** One item for each line of each source. */
export async function* scoreRecords(sources: Iterable<Source>, masking: Masking): AsyncGenerator<Scorable> {
  let number = masking.firstRecord;
  for (const { bytes, name: sourceName } of sources) {
    for await (const line of readLines(bytes)) {
      const place = number++;
      const name = lineName(line, sourceName);
      let identity = {};
      try {
        const record = parseObject(line, name);
        if ('id' in record) identity = { id: record.id };
        yield { identity, name, input: inputOf(record, name, masking, place) };
      } catch (error) {
        if (!concernsOneText(error)) throw error;
        yield { identity, name, error };
      }
    }
  }
  if (number === masking.firstRecord) throw emptyInput();
}

/** The texts in order; `-` stands for the lines of the source. */
export async function* scoreTexts(
  texts: readonly string[],
  source: () => Source,
  { maskRate, firstRecord, ...seed }: Masking & { readonly maskRate: number },
): AsyncGenerator<Scorable> {
  let record = firstRecord;
  const inputFor = (text: string) => ({ text, maskRate, ...seed, record: record++ });
  for (const [index, text] of texts.entries()) {
    if (text !== '-') {
      yield { identity: {}, name: `text ${index + 1}`, input: inputFor(text) };
      continue;
    }
    const { bytes, name: sourceName } = source();
    let empty = true;
    for await (const line of readLines(bytes)) {
      empty = false;
      const name = lineName(line, sourceName);
      if (line.bytes === undefined) throw tooLong(name);
      yield { identity: {}, name, input: inputFor(decodeUtf8(line.bytes, name)) };
    }
    if (empty) throw emptyInput();
  }
}

function inputOf(record: JsonObject, name: string, masking: Masking, place: number): ScoreInput {
  if ('text' in record === 'ids' in record)
    throw badRecord(name, 'it must have either "text" or "ids"', forms);
  if ('ids' in record)
    return { ids: integersOf(record, 'ids', name), masked: integersOf(record, 'masked', name) };
  const { text, maskRate = masking.maskRate, spans } = record;
  if (typeof text !== 'string') throw badRecord(name, '"text" is not a string', forms);
  if (record.maskRate !== undefined && spans !== undefined)
    throw badRecord(name, 'it has both "maskRate" and "spans"', forms);
  if (spans !== undefined) {
    if (!Array.isArray(spans) || !spans.every(isSpan))
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

function lineName(line: Line, source: string): string {
  return `line ${line.number} of ${source}`;
}

function emptyInput(): UsageError {
  return new UsageError('empty-input', 'Cannot score: the input is empty.', {
    try: 'maria score --mask-rate 0.5 "The cat sat on the mat."',
  });
}
