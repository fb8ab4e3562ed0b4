// JSON Lines: a line of bytes to an object, and its fields.
import { ExitStatus, MariaError } from '@maria/core/errors';
import { isJsonObject, readJson } from '@maria/core/json';
import { type Line, lineName, readLines, type Source, textOfLine } from './input.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Fields of a record that come back as they are in the record that is written. */
export type HandedOn = JsonObject & { readonly id?: unknown };

/** They are looked through and copied several times on their way. */
const mostFields = 2 ** 14;

/** All fields but those that the command reads, and but the error of an earlier run, which says nothing of this one. */
export function handedOn(record: JsonObject, read: readonly string[]): HandedOn {
  const isKept = ([field, value]: [string, unknown]) =>
    !read.includes(field) && !(field === 'error' && isError(value));
  return Object.fromEntries(Object.entries(record).filter(isKept));
}

/** Whether it has the form of the errors that maria writes, by which its error records are known. */
export function isError(value: unknown): boolean {
  return isJsonObject(value) && 'code' in value;
}

/** @throws MariaError that the record tells itself, where an earlier command could make no text of it */
export function refuseFailed(record: JsonObject): void {
  const { error } = record;
  if ('text' in record || 'ids' in record || typeof error !== 'object' || error === null) return;
  const { code, message, try: advice } = error as JsonObject;
  if (typeof code !== 'string' || typeof message !== 'string') return;
  throw new MariaError(code, ExitStatus.failed, message, typeof advice === 'string' ? { try: advice } : {});
}

/** What records come from: lines, or rows that are records already. */
export interface RecordSource extends Source {
  readonly rows?: AsyncIterable<JsonObject>;
  /** Field of a line that holds the text. @default 'text' */
  readonly textColumn?: string;
}

export interface GivenRecord {
  /** From 0, in its source. */
  readonly place: number;
  readonly name: string;
  /** @throws MariaError as parseObject does */
  readonly read: () => Promise<JsonObject>;
}

export async function* recordsOf({
  bytes,
  name: source,
  rows,
  textColumn = 'text',
}: RecordSource): AsyncGenerator<GivenRecord> {
  let place = 0;
  if (rows !== undefined) {
    for await (const row of rows) {
      yield { place, name: `row ${place + 1} of ${source}`, read: async () => row };
      place++;
    }
    return;
  }
  for await (const line of readLines(bytes)) {
    const name = lineName(line, source);
    const read = async () => {
      const record = await parseObject(line, name);
      return textColumn === 'text' || !(textColumn in record)
        ? record
        : { ...record, text: record[textColumn] };
    };
    yield { place: place++, name, read };
  }
}

const anObject = 'Write a JSON object on each line, such as {"text": "…"}.';

/** @throws MariaError for a line that is too long, not UTF-8 or not JSON, or holds something else than an object */
export async function parseObject(line: Line, name: string): Promise<JsonObject> {
  const text = textOfLine(line, name).replace(/^\uFEFF/, '');
  if (text.trim() === '') throw badRecord(name, 'the line is empty', anObject);
  let value: unknown;
  try {
    value = await readJson(text, { fields: mostFields });
  } catch (error) {
    throw new MariaError('invalid-json', ExitStatus.failed, `Cannot read ${name}: ${reason(error)}.`, {
      try: anObject,
      cause: error,
    });
  }
  if (!isJsonObject(value)) throw badRecord(name, 'it is not a JSON object', anObject);
  return value;
}

/** The parser quotes the input in its message. */
function reason(error: unknown): string {
  return `not JSON (${startOf((error as Error).message)})`;
}

/** Of what a record holds the start is enough in a message. */
function startOf(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

function shown(value: unknown): string {
  // A list or an object may be long, and so may what it holds.
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return value === undefined ? 'nothing' : startOf(JSON.stringify(value));
}

export function badRecord(name: string, fact: string, hint?: string): MariaError {
  return new MariaError(
    'invalid-record',
    ExitStatus.failed,
    `Cannot read ${name}: ${fact}.`,
    hint === undefined ? {} : { try: hint },
  );
}

/** The text of a record that has one. */
export function textIn({ text }: JsonObject, name: string, hint: string): string {
  if (typeof text === 'string') return text;
  throw badRecord(
    name,
    text instanceof Uint8Array ? 'its text is not UTF-8' : '"text" is not a string',
    hint,
  );
}

/** The record's own `seed`, if it has one. */
export function seedOf({ seed }: JsonObject, name: string): number | undefined {
  if (seed === undefined) return undefined;
  if (Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) < 2 ** 32) return Number(seed);
  throw badRecord(name, `"seed" is ${shown(seed)}, it must be a whole number from 0 to 4294967295`);
}

/** `field` of the record as token ids, or positions. */
export function integersOf(record: JsonObject, field: string, name: string): number[] {
  const value = record[field];
  const bad = Array.isArray(value) ? value.find((item) => !Number.isSafeInteger(item) || item < 0) : value;
  if (!Array.isArray(value) || bad !== undefined) {
    throw badRecord(name, `"${field}" must be a list of whole numbers from 0, and holds ${shown(bad)}`);
  }
  return value;
}
