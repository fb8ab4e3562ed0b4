// The one place that reads standard input and input files: whole, or line by line with bounded memory.
import { createReadStream, fstatSync } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { DataError, ExitStatus, type Facts, MariaError, UsageError } from '@maria/core/errors';
import { beginsAsParquet, parquetInStream } from './scale/parquet-magic.js';
import { decodeUtf8 } from './utf8.js';

/** Longest line, and longest whole input, in bytes. */
const maxInputBytes = 16 * 1024 * 1024;

/** A stream of bytes and what to call it in messages. */
export interface Source {
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without the line ending; undefined if the line is longer than the limit. */
  readonly bytes: Buffer | undefined;
  /** As it was in the input; the last line may have none. */
  readonly ending: '\n' | '\r\n' | '';
}

/**
 * Standard input for `-`, else the file; opened when reading starts. Aborting ends a read that is waiting.
 * @param facts of the error of a file that is not there
 */
export function openSource(path: string, signal: AbortSignal, facts: Facts = {}): Source {
  const name = path === '-' ? 'standard input' : path;
  return { name, bytes: bytesOf(path, name, signal, facts) };
}

const missing = { fact: 'there is no such file', try: 'Check the path.' };

/** What is wrong with the path that was given, by the system's code. */
const unfit: Readonly<Record<string, { readonly fact: string; readonly try: string }>> = {
  ENOENT: missing,
  EISDIR: { fact: 'it is a folder', try: 'Name a file in it.' },
  EACCES: { fact: 'permission is denied', try: 'Check who may read it.' },
  ENAMETOOLONG: missing,
  ENOTDIR: missing,
};

async function* bytesOf(
  path: string,
  name: string,
  signal: AbortSignal,
  facts: Facts,
): AsyncGenerator<Uint8Array> {
  try {
    if (path === '-') refuseFolder();
    const stream: Readable = path === '-' ? process.stdin : createReadStream(path);
    yield* plain(name, addAbortSignal(signal, stream));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MariaError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const known = code === undefined ? undefined : unfit[code];
    if (known !== undefined) {
      const kind = known === missing ? 'missing-file' : 'unreadable-file';
      throw new DataError(kind, `Cannot read ${name}: ${known.fact}.`, {
        try: known.try,
        facts,
        cause: error,
      });
    }
    throw new MariaError('cannot-read', ExitStatus.failed, `Cannot read ${name}: ${message}.`, {
      cause: error,
    });
  }
}

/** Node reads a folder as standard input as if it were empty. */
function refuseFolder(): void {
  if (fstatSync(0).isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
}

/** The bytes without compression: what begins like zstd or gzip, and no text does, is decompressed. */
async function* plain(name: string, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  if (beginsAsParquet(first.value)) throw parquetInStream(name);
  const bytes = (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  if (first.value[0] !== 0x28 && first.value[0] !== 0x1f) return yield* bytes;
  const { decompressed } = await import('@maria/training/decompressed');
  yield* decompressed({ name, bytes });
}

/** @throws UsageError when "-" stands for standard input more than once; `doing` says what it was wanted for */
export function refuseStdinTwice(paths: readonly string[], doing: string): void {
  if (paths.filter((path) => path === '-').length > 1)
    throw new UsageError(
      'stdin-twice',
      `Cannot ${doing}: "-" stands for standard input, which can be read only once.`,
      { try: 'Write "-" once; what else is to be read can be in a file.' },
    );
}

/** Splits bytes into lines. Holds one line at a time, and drops the bytes of a line that is longer than `limit`. */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  limit = maxInputBytes,
): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const take = (piece: Uint8Array) => {
    length += piece.length;
    if (length <= limit) held.push(piece);
    else held = [];
  };
  const finish = (ended: boolean): Line => {
    number++;
    const whole = length > limit ? undefined : Buffer.concat(held, length);
    held = [];
    length = 0;
    if (!ended) return { number, bytes: whole, ending: '' };
    const carriageReturn = whole?.at(-1) === 0x0d;
    return carriageReturn
      ? { number, bytes: whole.subarray(0, -1), ending: '\r\n' }
      : { number, bytes: whole, ending: '\n' };
  };
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      take(chunk.subarray(start, end));
      start = end + 1;
      yield finish(true);
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  if (length > 0) yield finish(false);
}

export function lineName(line: Line, source: string): string {
  return `line ${line.number} of ${source}`;
}

/** @throws MariaError for a line that is too long or not UTF-8 */
export function textOfLine({ bytes }: Line, name: string): string {
  if (bytes === undefined) throw tooLong(name);
  return decodeUtf8(bytes, name);
}

/** All bytes of a source. */
export async function readWhole(source: Source, limit = maxInputBytes): Promise<Buffer> {
  const held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source.bytes) {
    length += chunk.length;
    if (length > limit) throw tooLong(source.name, limit);
    held.push(chunk);
  }
  return Buffer.concat(held, length);
}

/** The error of a line or an input beyond the limit. */
function tooLong(name: string, limit = maxInputBytes): MariaError {
  const size = `${limit / 1024 / 1024} MiB`;
  return new MariaError(
    'input-too-long',
    ExitStatus.failed,
    `Cannot read ${name}: it is longer than ${size}.`,
    {
      try: 'Split it into shorter lines.',
    },
  );
}
