// Writes a file so that others see either the old one or the whole new one, even if the process dies or the disk fills.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MariaError } from '@maria/core';
import { unwritable } from './file-errors.js';

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    // One write of the operating system takes less than 2 GiB, and may take less than it was given.
    const { bytesWritten } = await handle.write(bytes, done, Math.min(2 ** 30, bytes.length - done));
    done += bytesWritten;
  }
}

/** A rename lasts through a power failure only once its folder is on disk. Windows cannot open folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A name for `name` while it is written, which nobody can guess. */
export function temporaryName(name: string): string {
  return `.${name}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Whether a file of this name is one that a killed process left half written. */
export function isHalfWritten(name: string): boolean {
  return /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** Of the files in a folder, what killed processes left half written. @param of the name of one of them. All without it */
export async function removeHalfWritten(folder: string, of = ''): Promise<void> {
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    if (isHalfWritten(name) && (of === '' || name.startsWith(`.${of}.`)))
      await rm(join(folder, name), { force: true });
}

/**
 * Writes `chunks` one after the other under a temporary name in the same folder, then renames it to `file`.
 * @throws MariaError `write-failed`; the old file, if any, is untouched and the temporary one removed
 */
export async function writeFileAtomically(file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const temporary = join(dirname(file), temporaryName(basename(file)));
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const chunk of chunks) await writeAll(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    if (error instanceof MariaError) throw error;
    throw unwritable(file, error);
  }
}
