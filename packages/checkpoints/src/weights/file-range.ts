// Reads an exact range of a file, or says that it is cut short.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { DataError } from '@maria/core';
import { unreadable } from './file-errors.js';

/** One read of the operating system takes less than 2 GiB. */
const largestRead = 2 ** 30;

/** A pipe in the place of a file would be waited for without an end, and not even Ctrl-C would be heard. Windows has no such flag. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Opens `file`, runs `use` and closes it, whatever happens. @throws DataError if the file cannot be opened or read */
export function withFile<T>(file: string, use: (descriptor: number, size: number) => T): T {
  let descriptor: number;
  try {
    descriptor = openSync(file, openFlags);
  } catch (error) {
    throw unreadable(file, error);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile())
      throw new DataError('unreadable-file', `Cannot read ${file}: it is not a regular file.`, {
        try: 'Give a file, not a folder, pipe or device.',
      });
    return use(descriptor, stat.size);
  } finally {
    closeSync(descriptor);
  }
}

export function truncated(file: string, offset: number, length: number): DataError {
  return new DataError('truncated-file', `Cannot read ${file}: it ends before byte ${offset + length}.`, {
    try: 'Download the file again.',
    facts: { file },
  });
}

/** Fills `target` from `offset` on. @throws DataError if the file ends before */
export function readInto(file: string, descriptor: number, target: Uint8Array, offset: number): void {
  let done = 0;
  while (done < target.length) {
    let count: number;
    try {
      count = readSync(descriptor, target, done, Math.min(largestRead, target.length - done), offset + done);
    } catch (error) {
      throw unreadable(file, error);
    }
    if (count === 0) throw truncated(file, offset, target.length);
    done += count;
  }
}
