// What `maria score` reads: JSON Lines records, or texts that are masked by flags.
import type { ScoreInput } from '@maria/core';
import { type MariaError, UsageError } from '@maria/core/errors';
import { type Line, readLines, type Source, tooLong } from '../input.js';
import { badRecord, integersOf, type JsonObject, parseObject } from '../jsonl.js';
import { concernsOneText } from '../text-errors.js';
import { decodeUtf8 } from '../utf8.js';

/** Which tokens of a text are masked: each with a probability, or those that touch ranges of UTF-16 offsets. */
export type Masking =
  | { readonly maskRate: number; readonly seed?: number }
  | { readonly spans: readonly (readonly [start: number, end: number])[] };

export type Scorable = {
  readonly identity: { readonly id?: unknown };
  readonly name: string;
} & ({ readonly input: ScoreInput } | { readonly error: MariaError });

const forms =
  'A record is {"ids", "masked"}, {"text", "maskRate", "seed"?} or {"text", "spans": [[start, end], …]}, and may have an "id".';

/** One item for each line of each source. `masking` holds for texts that do not say their own. */
export async function* scoreRecords(
  sources: Iterable<Source>,
  masking: Masking | undefined,
): AsyncGenerator<Scorable> {
  let empty = true;
  for (const { bytes, name: sourceName } of sources) {
    for await (const line of readLines(bytes)) {
      empty = false;
      const name = lineName(line, sourceName);
      let identity = {};
      try {
        const record = parseObject(line, name);
        if ('id' in record) identity = { id: record.id };
        yield { identity, name, input: inputOf(record, name, masking) };
      } catch (error) {
        if (!concernsOneText(error)) throw error;
        yield { identity, name, error };
      }
    }
  }
  if (empty) throw emptyInput();
}

/** The texts in order; `-` stands for the lines of the source. */
export async function* scoreTexts(
  texts: readonly string[],
  source: () => Source,
  masking: Masking,
): AsyncGenerator<Scorable> {
  for (const [index, text] of texts.entries()) {
    if (text !== '-') {
      yield { identity: {}, name: `text ${index + 1}`, input: { text, ...masking } };
      continue;
    }
    const { bytes, name: sourceName } = source();
    let empty = true;
    for await (const line of readLines(bytes)) {
      empty = false;
      const name = lineName(line, sourceName);
      if (line.bytes === undefined) throw tooLong(name);
      yield { identity: {}, name, input: { text: decodeUtf8(line.bytes, name), ...masking } };
    }
    if (empty) throw emptyInput();
  }
}

function inputOf(record: JsonObject, name: string, masking: Masking | undefined): ScoreInput {
  if ('text' in record === 'ids' in record)
    throw badRecord(name, 'it must have either "text" or "ids"', forms);
  if ('ids' in record)
    return { ids: integersOf(record, 'ids', name), masked: integersOf(record, 'masked', name) };
  const { text } = record;
  if (typeof text !== 'string') throw badRecord(name, '"text" is not a string', forms);
  const own = maskingOf(record, name) ?? masking;
  if (own === undefined) throw badRecord(name, 'it says neither "maskRate" nor "spans"', forms);
  return { text, ...own };
}

function maskingOf(record: JsonObject, name: string): Masking | undefined {
  const { maskRate, seed, spans } = record;
  if (maskRate !== undefined && spans !== undefined)
    throw badRecord(name, 'it has both "maskRate" and "spans"', forms);
  if (spans !== undefined) {
    if (!Array.isArray(spans) || !spans.every(isSpan))
      throw badRecord(name, '"spans" is not a list of [start, end]', forms);
    return { spans };
  }
  if (maskRate === undefined) return undefined;
  if (typeof maskRate !== 'number') throw badRecord(name, '"maskRate" is not a number', forms);
  if (seed === undefined) return { maskRate };
  if (typeof seed !== 'number') throw badRecord(name, '"seed" is not a number', forms);
  return { maskRate, seed };
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
