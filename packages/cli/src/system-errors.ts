// Says in maria's words what the system refused, where no other place expected it: it is no bug.
import { DeviceError, ExitStatus, MariaError } from '@maria/core/errors';

/** The error behind a failed system call, or behind an array or a text that there is no room for; undefined for any other. */
export function systemErrorOf(error: unknown): MariaError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message, syscall } = error as NodeJS.ErrnoException;
  const fact = message.replace(/\.$/, '');
  if (syscall !== undefined)
    return new MariaError('system-refused', ExitStatus.failed, `Cannot go on: ${fact}.`, {
      try: 'Check that the file or folder is there, who may read and write it, and that its disk has room.',
      cause: error,
    });
  if (/allocation failed|Invalid (?:typed array|string|array buffer) length|string longer than/i.test(fact))
    return new DeviceError('memory-short', `Cannot go on: there is no room in memory (${fact}).`, {
      try: 'Use a smaller model or less data at once, or a machine with more memory.',
      cause: error,
    });
  return undefined;
}
