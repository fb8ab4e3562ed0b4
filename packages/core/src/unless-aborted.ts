// Work that cannot be stopped, but need not be waited for.
import { InterruptedError, MariaError } from './errors.js';
import { onAbort } from './on-abort.js';

/** The promise's outcome, or a rejection as soon as the signal aborts (the work behind the promise may go on). */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let ignore = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => reject(signal.reason instanceof MariaError ? signal.reason : new InterruptedError());
    if (signal.aborted) stop();
    else ignore = onAbort(signal, stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    ignore();
  }
}
