// Failures of the file system as errors with a code and a plain fact.
import { DataError, ExitStatus, MariaError } from '@maria/core';

const facts: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ELOOP: 'it is a symbolic link that is not followed, or its links form a loop',
  ENAMETOOLONG: 'the name is too long',
};

const whenRead: Readonly<Record<string, string>> = {
  ENOENT: 'Check the path; what is missing of a model can be downloaded again.',
  EACCES: 'Give this user the right to read it.',
  EPERM: 'Give this user the right to read it.',
  EISDIR: 'Give a file, not a folder.',
  ENOTDIR: 'Check the path.',
  EMFILE: 'ulimit -n 4096',
};

const whenWritten: Readonly<Record<string, string>> = {
  ENOENT: 'Make the folder first.',
  EACCES: 'Choose a folder that this user may write to.',
  EPERM: 'Choose a folder that this user may write to.',
  EROFS: 'Choose a folder on another disk.',
  ENOSPC: 'Free space, or choose a folder on another disk.',
  EDQUOT: 'Free space, or choose a folder on another disk.',
  EISDIR: 'Choose the name of a file.',
  EMFILE: 'ulimit -n 4096',
};

/** What to do after a failure of the file system, as an option of an error; nothing where only the system can tell. */
function hint(hints: Readonly<Record<string, string>>, error: unknown): { try?: string } {
  const { code = '' } = error as NodeJS.ErrnoException;
  return hints[code] === undefined ? {} : { try: hints[code] };
}

/** A failure of the file system in words, for example "permission is denied". */
export function fileFact(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : facts[code]) ?? message;
}

/** "Cannot read FILE: FACT." with code `missing-file` or `unreadable-file`. */
export function unreadable(file: string, error: unknown): DataError {
  const code = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing-file' : 'unreadable-file';
  return new DataError(code, `Cannot read ${file}: ${fileFact(error)}.`, {
    ...hint(whenRead, error),
    cause: error,
  });
}

/** "Cannot write FILE: FACT." with code `write-failed`. */
export function unwritable(file: string, error: unknown): MariaError {
  return new MariaError('write-failed', ExitStatus.failed, `Cannot write ${file}: ${fileFact(error)}.`, {
    ...hint(whenWritten, error),
    cause: error,
  });
}
