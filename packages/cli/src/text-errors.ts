// What an error of one text becomes: a record in JSON output while the run goes on, or the end of the run.
import { ExitStatus, MariaError } from '@maria/core/errors';
import type { HandedOn } from './jsonl.js';
import { tryNext } from './try-next.js';

/** What a failed line becomes in JSON output. */
export interface ErrorRecord extends HandedOn {
  readonly error: { readonly code: string; readonly message: string; readonly try?: string };
}

/** The errors that concern one text only, such as one that is too long for the memory; after any other the run cannot go on. */
export function concernsOneText(error: unknown): error is MariaError {
  return (
    error instanceof MariaError &&
    error.exitStatus !== ExitStatus.interrupted &&
    error.code !== 'cannot-write' &&
    (error.exitStatus !== ExitStatus.device || error.code === 'out-of-memory')
  );
}

/** @param written fields that the record would have without the error: those of an earlier run would read as found by this one */
export function errorRecord(
  error: MariaError,
  identity: HandedOn,
  written: readonly string[] = [],
): ErrorRecord {
  const { code, message } = error;
  const hint = tryNext(error);
  const kept = Object.entries(identity).filter(([field]) => !written.includes(field));
  return {
    ...Object.fromEntries(kept),
    error: { code, message, ...(hint !== undefined && { try: hint }) },
  };
}

/** The error with the name of its text in the message, where there are several texts. */
export function placed(error: MariaError, name: string | undefined): MariaError {
  if (name === undefined || error.message.includes(name)) return error;
  const message = `${error.message.replace(/\.$/, '')} (${name}).`;
  const { code, exitStatus, facts, try: advice } = error;
  return new MariaError(code, exitStatus, message, {
    facts,
    ...(advice !== undefined && { try: advice }),
    cause: error,
  });
}

/** The exit status of a run in which so many texts failed, unless they are not to count. */
export function statusOfFailures(failed: number, failOn: 'error' | 'never' = 'error'): number {
  return failed > 0 && failOn === 'error' ? ExitStatus.failed : 0;
}
