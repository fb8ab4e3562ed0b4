// Failures of the file system as errors with a code and a plain fact.
import { DataError } from '@maria/core';

const facts: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'the name is too long',
};

/** A failure of the file system in words, for example "permission is denied". */
export function fileFact(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : facts[code]) ?? message;
}

/** "Cannot read FILE: FACT." with code `missing-file` or `unreadable-file`. */
export function unreadable(file: string, error: unknown): DataError {
  const code = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing-file' : 'unreadable-file';
  return new DataError(code, `Cannot read ${file}: ${fileFact(error)}.`, { cause: error });
}
