// Where the texts of `maria infill` come from: arguments, lines, the whole of standard input, or JSON Lines records.
import type { MariaError } from '@maria/core/errors';
import { UsageError } from '@maria/core/errors';
import { type Line, readLines, readWhole, type Source, tooLong } from '../input.js';
import { badRecord, integersOf, type JsonObject, parseObject, seedOf } from '../jsonl.js';
import { concernsOneText } from '../text-errors.js';
import { decodeUtf8 } from '../utf8.js';

interface Place {
  /** From 0, over all inputs of the run. */
  readonly index: number;
  /** The record's own `id`, if it has one. */
  readonly identity: { readonly id?: unknown };
  /** For messages: where the text stands, if there are several. */
  readonly name?: string;
}

export interface GivenText extends Place {
  readonly input: string | readonly number[];
  /** The record's own seed, if it has one. */
  readonly seed?: number;
  /** What follows the text in plain output. */
  readonly ending: string;
  /** A text without a gap is handed on as it is, as a filter does. */
  readonly passThrough?: boolean;
}

/** A record that could not be read. */
export interface UnreadableText extends Place {
  readonly error: MariaError;
}

export type Input = GivenText | UnreadableText;

export type TextForm = 'lines' | 'whole' | 'records';

/** The texts of the arguments in order; `-` stands for the texts of the source. */
export async function* textsOf(
  args: readonly string[],
  source: () => Source,
  form: TextForm,
): AsyncGenerator<Input> {
  let index = 0;
  for (const arg of args) {
    if (arg !== '-') {
      yield { index: index++, identity: {}, input: arg, ending: '\n' };
      continue;
    }
    const first = index;
    for await (const text of readers[form](source(), first)) {
      index = text.index + 1;
      yield text;
    }
    if (index === first) throw emptyInput();
  }
}

const readers: Record<TextForm, (source: Source, first: number) => AsyncGenerator<Input>> = {
  lines,
  whole,
  records,
};

async function* lines({ bytes, name }: Source, first: number): AsyncGenerator<GivenText> {
  for await (const line of readLines(bytes)) {
    const place = { index: first + line.number - 1, identity: {}, name: lineName(line, name) };
    if (line.bytes === undefined) throw tooLong(place.name);
    const input = decodeUtf8(line.bytes, place.name);
    yield { ...place, input, ending: line.ending || '\n', passThrough: true };
  }
}

async function* whole(source: Source, index: number): AsyncGenerator<GivenText> {
  const bytes = await readWhole(source);
  if (bytes.length > 0) yield { index, identity: {}, input: decodeUtf8(bytes, source.name), ending: '' };
}

async function* records({ bytes, name }: Source, first: number): AsyncGenerator<Input> {
  for await (const line of readLines(bytes)) {
    const place = { index: first + line.number - 1, name: lineName(line, name) };
    let identity = {};
    try {
      const record = parseObject(line, place.name);
      if ('id' in record) identity = { id: record.id };
      const seed = seedOf(record, place.name);
      const input = inputOf(record, place.name);
      yield { ...place, identity, input, ...(seed !== undefined && { seed }), ending: '\n' };
    } catch (error) {
      if (!concernsOneText(error)) throw error;
      yield { ...place, identity, error };
    }
  }
}

function inputOf(record: JsonObject, name: string): string | number[] {
  const hint = 'A record is {"text": "…"} or {"ids": […]}, and may have an "id" and a "seed".';
  if ('text' in record === 'ids' in record) {
    throw badRecord(name, `it must have either "text" or "ids"`, hint);
  }
  if ('ids' in record) return integersOf(record, 'ids', name);
  if (typeof record.text !== 'string') throw badRecord(name, '"text" is not a string', hint);
  return record.text;
}

function lineName(line: Line, source: string): string {
  return `line ${line.number} of ${source}`;
}

function emptyInput(): UsageError {
  return new UsageError('empty-input', 'Cannot infill: standard input is empty.', {
    try: 'echo "The [MASK] sat on the mat." | maria infill',
  });
}
