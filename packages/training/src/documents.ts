// Documents of a source of text: plain text in which a line <|endoftext|> ends a document, or JSONL with one on each line.
import { DataError, readJson } from '@maria/core';
import type { DataSource } from './data-source.js';
import { decompressed } from './decompressed.js';

/** A part of a document, or its end. Documents come in pieces so that a book needs no more memory than a line. */
export type DocumentPiece = { readonly text: string } | 'end';

export const documentSeparator = '<|endoftext|>';

/** A piece ends at the first line that brings it to this length and after which a word starts. */
const pieceCharacters = 2 ** 16;
const maxLineCharacters = 2 ** 24;

export interface DocumentOptions {
  /** Field of the records of JSONL that holds the text. @default 'text' */
  readonly field?: string;
}

/**
 * The name of a file says whether it is JSONL. A stream has none: it is JSONL if its first line is a record.
 * @throws DataError naming the source and the line: not text, not JSON, a line that is too long
 */
export async function* documentsOf(
  source: DataSource,
  { field = 'text' }: DocumentOptions = {},
): AsyncGenerator<DocumentPiece> {
  const { name, file } = source;
  const lines = linesOf(source);
  const first = await lines.next();
  if (first.done) return;
  const isJsonl =
    /\.(?:jsonl|ndjson)(?:\.(?:zst|gz))?$/i.test(name) ||
    (file === undefined && (await isRecord(first.value, field)));
  const all = startingWith(first.value, lines);
  yield* isJsonl ? jsonDocuments(name, all, field) : textDocuments(all);
}

async function* startingWith(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

async function isRecord(line: string, field: string): Promise<boolean> {
  try {
    return typeof ((await readJson(line)) as Record<string, unknown> | null)?.[field] === 'string';
  } catch {
    return false;
  }
}

async function* textDocuments(lines: AsyncIterable<string>): AsyncGenerator<DocumentPiece> {
  let held = '';
  let isOpen = false;
  for await (const line of lines) {
    if (line === documentSeparator) {
      const text = held.trimEnd();
      if (text !== '') yield { text };
      if (isOpen || text !== '') yield 'end';
      held = '';
      isOpen = false;
      continue;
    }
    // Where a line starts with a letter, no token spans the line break before it.
    if (held.length >= pieceCharacters && /^\S/.test(line)) {
      yield { text: held };
      isOpen = true;
      held = '';
    }
    held += held === '' && !isOpen && line.trim() === '' ? '' : `${line}\n`;
  }
  const text = held.trimEnd();
  if (text !== '') yield { text };
  if (isOpen || text !== '') yield 'end';
}

async function* jsonDocuments(
  name: string,
  lines: AsyncIterable<string>,
  field: string,
): AsyncGenerator<DocumentPiece> {
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    yield { text: await textOf(name, line, number, field) };
    yield 'end';
  }
}

async function textOf(name: string, line: string, number: number, field: string): Promise<string> {
  const bad = (fact: string, cause?: unknown) =>
    new DataError('bad-jsonl', `Cannot read ${name}: line ${number} ${fact}.`, {
      try: `Each line holds an object such as {"${field}": "Once upon a time …"}.`,
      cause,
    });
  let record: unknown;
  try {
    record = await readJson(line);
  } catch (error) {
    throw bad('is not JSON', error);
  }
  const text: unknown =
    typeof record === 'object' && record !== null && field in record
      ? (record as Record<string, unknown>)[field]
      : undefined;
  if (typeof text !== 'string') throw bad(`has no string ${JSON.stringify(field)}`);
  return text;
}

/** Lines without their endings, `\n` or `\r\n`. */
export async function* linesOf(source: DataSource): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const { name } = source;
  let number = 1;
  let held = '';
  const decode = (bytes: Uint8Array, stream: boolean) => {
    let text: string;
    try {
      text = decoder.decode(bytes, { stream });
    } catch (error) {
      throw notText(name, number, 'is not UTF-8', error);
    }
    if (text.includes('\0')) throw notText(name, number, 'holds a zero byte');
    return text;
  };
  const complete = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);
  for await (const bytes of decompressed(source)) {
    const lines = decode(bytes, true).split('\n');
    lines[0] = held + lines[0]!;
    held = lines.pop()!;
    if (held.length > maxLineCharacters || lines.some((line) => line.length > maxLineCharacters))
      throw notText(name, number + lines.length, `is longer than ${maxLineCharacters} characters`);
    number += lines.length;
    for (const line of lines) yield complete(line);
  }
  held += decode(new Uint8Array(0), false);
  if (held !== '') yield complete(held);
}

function notText(name: string, line: number, fact: string, cause?: unknown): DataError {
  return new DataError('not-text', `Cannot read ${name} as text: it ${fact}, near line ${line}.`, {
    try: 'Give plain text or JSONL in UTF-8, as it is or compressed with zstd or gzip.',
    cause,
  });
}
