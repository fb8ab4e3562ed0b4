// Knows Parquet by its first bytes.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError } from '@maria/core/errors';

/** The fifth byte is in no text. */
const magic = Buffer.from('PAR1\x15', 'latin1');

export function beginsAsParquet(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length));
}

/** Whether a file is Parquet. @param path `-` for standard input, which may be a file */
export function isParquet(path: string): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = path === '-' ? 0 : openSync(path, 'r');
    if (!fstatSync(descriptor).isFile()) return false;
    const head = Buffer.alloc(magic.length);
    readSync(descriptor, head, 0, head.length, 0);
    return beginsAsParquet(head);
  } catch {
    // Who reads it tells what is wrong with it.
    return false;
  } finally {
    if (descriptor !== undefined && descriptor !== 0) closeSync(descriptor);
  }
}

/** The error of Parquet where bytes can only be read in their order. */
export function parquetInStream(name: string): DataError {
  return new DataError(
    'parquet-stream',
    `Cannot read ${name}: it is Parquet, whose end has to be read first, and here it is read from its beginning.`,
  );
}
