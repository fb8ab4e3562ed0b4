// Where the texts of `maria infill` come from: arguments, lines, the whole of standard input, or JSON Lines records.
import type { GapFields } from '@maria/core';
import type { MariaError } from '@maria/core/errors';
import { UsageError } from '@maria/core/errors';
import { lineName, readLines, readWhole, type Source, textOfLine } from '../input.js';
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
import { decodeUtf8 } from '../utf8.js';

interface Place {
  /** From 0, over all inputs of the run. */
  readonly index: number;
  /** The record's own `id`, if it has one, and its other fields, which come back as they are. */
  readonly identity: HandedOn;
  /** For messages: where the text stands, if there are several. */
  readonly name?: string;
}

export interface GivenText extends Place {
  readonly input: string | readonly number[];
  /** The record's own seed, if it has one. */
  readonly seed?: number;
  /** Of a line: where it is one, and whether it is a last one that no line ending follows. */
  readonly line?: { readonly source: string; readonly number: number; readonly isUnended?: boolean };
  /** What the record asks of its gaps, as it is written there: whoever fills them reads it. */
  readonly gaps?: readonly GapFields[];
  /** What follows the text in plain output. */
  readonly ending: string;
  /** A text without a gap is handed on as it is, as a filter does. */
  readonly passThrough?: boolean;
}

/** A record or a line that could not be read. */
export interface UnreadableText extends Place {
  readonly error: MariaError;
  /** Of a line: what goes on in its place. Its own bytes; of one that was too long to be held, only its end. */
  readonly passThrough?: Uint8Array;
}

export type Input = GivenText | UnreadableText;

export type TextForm = 'lines' | 'whole' | 'records';

/**
 * The texts of the arguments in order; `-` stands for the texts of the source.
 * @param share which of them; all without it
 * @throws UsageError with `required`, where the source holds none
 */
export async function* textsOf(
  args: readonly string[],
  source: () => RecordSource,
  form: TextForm,
  { required = false, share = new Share() } = {},
): AsyncGenerator<Input> {
  let index = 0;
  for (const [i, arg] of args.entries()) {
    if (arg !== '-') {
      // Where a text was not quoted, it is told that its words are several.
      const name = args.length > 1 && { name: `text ${i + 1}` };
      if (share.takes(index)) yield { index, identity: {}, ...name, input: arg, ending: '\n' };
      index++;
      continue;
    }
    const first = index;
    for await (const text of readers[form](source(), first, share)) {
      index++;
      if (text !== undefined) yield text;
    }
    if (required && index === first) throw emptyInput();
  }
  share.refuseShort(index);
}

/** A text for each in the source; nothing in the place of one that is not in this share. */
type Reader = (source: RecordSource, first: number, share: Share) => AsyncGenerator<Input | undefined>;

const readers: Record<TextForm, Reader> = { lines, whole, records };

async function* lines(
  { bytes, name }: Source,
  first: number,
  share: Share,
): AsyncGenerator<Input | undefined> {
  for await (const line of readLines(bytes)) {
    if (!share.takes(first + line.number - 1)) {
      yield undefined;
      continue;
    }
    const place = { index: first + line.number - 1, identity: {}, name: lineName(line, name) };
    const ending = line.ending || '\n';
    try {
      const of = { source: name, number: line.number, ...(line.ending === '' && { isUnended: true }) };
      yield { ...place, input: textOfLine(line, place.name), line: of, ending, passThrough: true };
    } catch (error) {
      if (!concernsOneText(error)) throw error;
      const passThrough = Buffer.concat([line.bytes ?? Buffer.of(), Buffer.from(ending)]);
      yield { ...place, error, passThrough };
    }
  }
}

async function* whole(source: Source, index: number): AsyncGenerator<GivenText> {
  const bytes = await readWhole(source);
  if (bytes.length > 0) yield { index, identity: {}, input: decodeUtf8(bytes, source.name), ending: '' };
}

async function* records(
  source: RecordSource,
  first: number,
  share: Share,
): AsyncGenerator<Input | undefined> {
  for await (const { place, name, read } of recordsOf(source)) {
    const index = first + place;
    if (!share.takes(index)) {
      yield undefined;
      continue;
    }
    try {
      yield textOfRecord(await read(), { index, name });
    } catch (error) {
      if (!concernsOneText(error)) throw error;
      yield { index, name, identity: {}, error };
    }
  }
}

/** Of a record, beside its text. */
export const fieldsRead = ['ids', 'seed', 'gaps'];

/** What of a record comes back as it is. */
export function identityOf(record: JsonObject): HandedOn {
  return handedOn(record, ['text', ...fieldsRead]);
}

/** The text of a record, or what is wrong with it. */
export function textOfRecord(record: JsonObject, place: Pick<Place, 'index'> & { name: string }): Input {
  const identity = identityOf(record);
  try {
    refuseFailed(record);
    const seed = seedOf(record, place.name);
    const input = inputOf(record, place.name);
    // Not looked into before the engine is there, which knows the fields.
    const gaps = record.gaps as GivenText['gaps'];
    return {
      ...place,
      identity,
      input,
      ...(seed !== undefined && { seed }),
      ...(gaps !== undefined && { gaps }),
      ending: '\n',
    };
  } catch (error) {
    if (!concernsOneText(error)) throw error;
    return { ...place, identity, error };
  }
}

function inputOf(record: JsonObject, name: string): string | number[] {
  const hint = 'A record is {"text": "…"} or {"ids": […]}, and may have an "id" and a "seed".';
  if (!('text' in record || 'ids' in record)) throw badRecord(name, 'it has neither "text" nor "ids"', hint);
  if ('ids' in record) return integersOf(record, 'ids', name);
  return textIn(record, name, hint);
}

function emptyInput(): UsageError {
  return new UsageError('empty-input', 'Cannot infill: standard input is empty.', {
    try: 'echo "The [MASK] sat on the mat." | maria infill',
  });
}
