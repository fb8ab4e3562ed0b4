// The one place that writes: data to standard output or a file, notes to standard error. A write resolves once the stream has
// taken the text, which is the back pressure of the whole command.
import { ExitStatus, MariaError } from '@maria/core/errors';
import { ownTurn } from '@maria/core/own-turn';
import { jsonText } from './json-text.js';
import type { Sink } from './output-file.js';
import { compressionOf } from './output-name.js';
import { isQuiet } from './quiet.js';
import { visibleLine, visibleText } from './visible.js';

export type { Sink };

/** The reader of standard output has gone away (`| head -1`). Not a failure: nobody wants more. */
export class ClosedPipeError extends Error {}

/**
 * Data goes to the file, compressed where its name ends in .gz or .zst, or to standard output without one. Fails before any work is
 * done if the file cannot be written.
 * @param advice what to try where it cannot be
 */
export async function openSink(path: string | undefined, advice = elsewhere('--output')): Promise<Sink> {
  if (path === undefined || path === '-') return inPieces(standardOutput());
  const { outputFile } = await import('./output-file.js');
  const open = () => outputFile(path, (error) => writeError(path, error, advice));
  const compression = compressionOf(path);
  if (compression === undefined) return inPieces(await open());
  const { compressedSink, compressor } = await import('./scale/compressed-sink.js');
  const transform = compressor(compression, path);
  return inPieces(compressedSink(await open(), transform));
}

const pieceLength = 2 ** 20;

/** A long text takes its time to become bytes, and pipes and files take those at once: keys and signals have their turn in between. */
export function inPieces(sink: Sink): Sink {
  return {
    ...sink,
    write: async (text) => {
      if (typeof text !== 'string' || text.length <= pieceLength) return sink.write(text);
      for (let start = 0; start < text.length; ) {
        const isSplit = /[\ud800-\udbff]/.test(text[start + pieceLength - 1] ?? '');
        const end = start + pieceLength - (isSplit ? 1 : 0);
        await sink.write(text.slice(start, end));
        await ownTurn();
        start = end;
      }
    },
  };
}

/** A record on a line of its own, in parts where it is long; or as the sink has records. */
export async function writeRecord(sink: Pick<Sink, 'write' | 'record'>, record: object): Promise<void> {
  if (sink.record) return sink.record(record);
  let held = '';
  for (const part of jsonText(record)) {
    held += part;
    if (held.length < 2 ** 16) continue;
    await sink.write(held);
    await ownTurn();
    held = '';
  }
  await sink.write(`${held}\n`);
}

export function standardOutput(): Sink {
  // oclif's listener throws on everything but a closed pipe; here errors arrive through the callbacks of the writes.
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', ignore);
  return {
    // In a pipe or a file the bytes are kept.
    write: (text) => writeOwn(process.stdout.isTTY ? visibleText(text) : text),
    close: async () => {},
    abandon: async () => undefined,
  };
}

/** Writes to standard output what has nothing of strangers in it: all its colours are kept. */
export function writeOwn(text: string | Uint8Array): Promise<void> {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', ignore);
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) =>
      error
        ? reject(writeError('standard output', error, 'Write to another file, or to a pipe.'))
        : resolve(),
    );
  });
}

/** What to try where the file cannot be written that a flag names. */
export function elsewhere(flag: string): string {
  return `Write somewhere else: ${flag} FILE${flag === '--output' ? ', or a pipe' : ''}.`;
}

/** What a failed write to `target` becomes. */
export function writeError(target: string, error: unknown, advice: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return new ClosedPipeError();
  return new MariaError(
    'cannot-write',
    ExitStatus.failed,
    `Cannot write ${target || '""'}: ${reasons[code ?? ''] ?? message}.`,
    { try: advice, cause: error },
  );
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EEXIST: 'a part of its path is not a folder',
  EISDIR: 'it is a directory',
  ENOENT: 'its folder does not exist',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of its path is not a folder',
  EROFS: 'the file system is read-only',
};

/** One line on standard error for who runs the command. With --quiet only warnings, which begin with "Warning: ". */
export function note(line: string): void {
  if (!isQuiet() || line.startsWith('Warning: ')) tell(line);
}

/** One line on standard error, with --quiet too: errors, and what a flag asks for. Whatever is in it, it steers no terminal. */
export function tell(line: string): void {
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', ignore);
  process.stderr.write(`${visibleLine(line)}\n`);
}

/** Ends the process when both streams have taken everything, after a last step. */
export async function exit(status: number, last: () => void): Promise<never> {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  last();
  process.exit(status);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.listenerCount('error') === 0) stream.on('error', ignore);
  return new Promise((resolve) => stream.write('', () => resolve()));
}

function ignore(): void {}
