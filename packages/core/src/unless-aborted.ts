// Work that cannot be stopped, but need not be waited for.
import { InterruptedError, MariaError } from './errors.js';

/** The promise's outcome, or a rejection as soon as the signal aborts (the work behind the promise may go on). */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof MariaError ? signal.reason : new InterruptedError());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
