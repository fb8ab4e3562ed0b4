// A file that data goes to: it appears whole or not at all, and nothing that others planted beside it is written to.
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { visibleText } from './visible.js';

export interface Sink {
  /** Writes the text, or bytes that are no text, whole, or rejects. */
  write(text: string | Uint8Array): Promise<void>;
  /** Writes a record, where it is no line of JSON. */
  record?(record: object): Promise<void>;
  /** Makes what was written final. */
  close(): Promise<void>;
  /** Gives up after a failure. Returns the file that holds what was written so far, if there is one. */
  abandon(): Promise<string | undefined>;
}

/**
 * Writes beside the file and renames at the end, so that a failed run leaves the file as it was. Devices and pipes are written
 * to directly. A link stays a link.
 * @param failed makes the error of a failure
 */
export async function outputFile(path: string, failed: (error: unknown) => unknown): Promise<Sink> {
  try {
    refuseNoName(path);
    await refusePlantedLink(path);
    const target = await targetOf(path);
    const existing = await stat(target).catch(() => undefined);
    if (existing?.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
    if (existing && !existing.isFile()) return directSink(await open(target, constants.O_WRONLY), failed);
    // Renaming asks only for a writable folder; a file that is itself read-only should stay as it is.
    if (existing) await (await open(target, 'r+')).close();
    const partial = join(dirname(target), partialName(target));
    // A new file, or an error: never through a link. Nobody else reads it before it has the mode of the one that it replaces.
    const handle = await open(partial, 'wx', existing ? 0o600 : 0o666);
    if (existing) await handle.chmod(existing.mode & 0o7777);
    return partialSink(handle, partial, target, failed);
  } catch (error) {
    throw failed(error);
  }
}

/** Where links lead. One that leads nowhere is an error: the rename would put the file in its place. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const link = await lstat(path).catch(() => undefined);
    if (!link?.isSymbolicLink()) return path;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('it is a link to a file that is not there');
  }
}

/** Written beside, such a file would be found not to be one only when all is done. */
export function refuseNoName(path: string): void {
  if (path === '') throw new Error('its name is empty');
  if (path.endsWith('/')) throw new Error('its name is that of a folder');
}

/**
 * What Linux does for `open` in folders such as /tmp, where anybody may put a link of any name: one is followed only if it is the
 * user's, or of the owner of the folder.
 */
export async function refusePlantedLink(path: string): Promise<void> {
  const link = await lstat(path).catch(() => undefined);
  if (!link?.isSymbolicLink() || link.uid === process.geteuid?.()) return;
  const folder = await stat(dirname(path));
  if (isOpenToAll(folder) && folder.uid !== link.uid) throw new Error('it is a link that another user made');
}

function isOpenToAll({ mode }: Stats): boolean {
  return (mode & 0o1002) === 0o1002;
}

const partialPattern = /\.(?<pid>\d+)\.[0-9a-f]{12}\.partial$/;

function partialName(target: string): string {
  return `.${basename(target)}.${process.pid}.${randomBytes(6).toString('hex')}.partial`;
}

/** Removes what runs that are over left for the same file, now that it is whole. */
async function removeStale(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    const match = partialPattern.exec(name);
    if (match && name.slice(0, match.index) === `.${basename(target)}` && !isAlive(Number(match.groups!.pid)))
      await rm(join(dirname(target), name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function directSink(handle: FileHandle, failed: (error: unknown) => unknown): Sink {
  const isTerminal = isatty(handle.fd);
  const close = () => handle.close().catch((error) => Promise.reject(failed(error)));
  return {
    write: (text) =>
      handle.writeFile(isTerminal ? visibleText(text) : text).catch((error) => Promise.reject(failed(error))),
    close,
    abandon: async () => {
      await handle.close().catch(() => {});
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
      await removeStale(target).catch(() => {});
    },
    abandon: async () => {
      await handle.close().catch(() => {});
      if (!empty) return partial;
      await rm(partial, { force: true });
      return undefined;
    },
  };
}
