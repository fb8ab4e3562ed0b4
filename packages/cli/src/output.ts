// The one place that writes: data to standard output or a file, notes to standard error. A write resolves once the stream has
// taken the text, which is the back pressure of the whole command.
import { chmod, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ExitStatus, MariaError } from '@maria/core/errors';

export interface Sink {
  /** Writes the text whole, or rejects. */
  write(text: string): Promise<void>;
  /** Makes what was written final. */
  close(): Promise<void>;
  /** Gives up after a failure. Returns the file that holds what was written so far, if there is one. */
  abandon(): Promise<string | undefined>;
}

/** The reader of standard output has gone away (`| head -1`). Not a failure: nobody wants more. */
export class ClosedPipeError extends Error {}

/** Data goes to the file, or to standard output without one. Fails before any work is done if the file cannot be written. */
export async function openSink(path: string | undefined): Promise<Sink> {
  return path === undefined || path === '-' ? standardOutput() : outputFile(path);
}

export function standardOutput(): Sink {
  // oclif's listener throws on everything but a closed pipe; here errors arrive through the callbacks of the writes.
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', ignore);
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) =>
          error ? reject(writeError('standard output', error)) : resolve(),
        );
      }),
    close: async () => {},
    abandon: async () => undefined,
  };
}

/** Writes beside the file and renames at the end, so that a failed run leaves the file as it was. Devices and pipes are written to directly. */
async function outputFile(path: string): Promise<Sink> {
  const failed = (error: unknown) => writeError(path, error);
  try {
    const target = await realpath(path).catch(() => path);
    const existing = await stat(target).catch(() => undefined);
    if (existing?.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
    if (existing && !existing.isFile()) return directSink(await open(target, 'w'), failed);
    // Renaming asks only for a writable folder; a file that is itself read-only should stay as it is.
    if (existing) await (await open(target, 'r+')).close();
    const partial = join(dirname(target), `.${basename(target)}.${process.pid}.partial`);
    const handle = await open(partial, 'w');
    if (existing) await chmod(partial, existing.mode & 0o7777);
    return partialSink(handle, partial, target, failed);
  } catch (error) {
    throw failed(error);
  }
}

function directSink(handle: FileHandle, failed: (error: unknown) => unknown): Sink {
  const close = () => handle.close().catch((error) => Promise.reject(failed(error)));
  return {
    write: (text) => handle.writeFile(text).catch((error) => Promise.reject(failed(error))),
    close,
    abandon: async () => {
      await handle.close().catch(ignore);
      return undefined;
    },
  };
}

function partialSink(
  handle: FileHandle,
  partial: string,
  target: string,
  failed: (error: unknown) => unknown,
): Sink {
  let empty = true;
  return {
    write: async (text) => {
      try {
        await handle.writeFile(text);
        empty = false;
      } catch (error) {
        throw failed(error);
      }
    },
    close: async () => {
      try {
        await handle.sync();
        await handle.close();
        await rename(partial, target);
      } catch (error) {
        throw failed(error);
      }
    },
    abandon: async () => {
      await handle.close().catch(ignore);
      if (!empty) return partial;
      await rm(partial, { force: true });
      return undefined;
    },
  };
}

/** What a failed write to `target` becomes. */
export function writeError(target: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return new ClosedPipeError();
  return new MariaError(
    'cannot-write',
    ExitStatus.failed,
    `Cannot write ${target}: ${reasons[code ?? ''] ?? message}.`,
    {
      try: 'Write somewhere else: --output FILE, or a pipe.',
      cause: error,
    },
  );
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOENT: 'its folder does not exist',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of its path is not a folder',
  EROFS: 'the file system is read-only',
};

/** One line on standard error. */
export function note(line: string): void {
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', ignore);
  process.stderr.write(`${line}\n`);
}

/** Ends the process when both streams have taken everything. */
export async function exit(status: number): Promise<never> {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(status);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.listenerCount('error') === 0) stream.on('error', ignore);
  return new Promise((resolve) => stream.write('', () => resolve()));
}

function ignore(): void {}
