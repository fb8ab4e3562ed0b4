// Ctrl-C and SIGTERM: the first one aborts the work in hand, the second one ends the process at once.
import { InterruptedError } from '@maria/core/errors';

const statusOfSignal = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof statusOfSignal;

let received: StopSignal | undefined;

/** Starts to listen. The returned signal aborts with an InterruptedError. */
export function listenForInterrupts(): AbortSignal {
  const controller = new AbortController();
  for (const name of Object.keys(statusOfSignal) as StopSignal[]) {
    process.on(name, () => {
      if (received !== undefined) process.exit(statusOfSignal[name]);
      received = name;
      controller.abort(new InterruptedError());
    });
  }
  return controller.signal;
}

/** The exit status of the signal that stopped the run; undefined if none did. */
export function interruptStatus(): number | undefined {
  return received && statusOfSignal[received];
}

/** The promise's outcome, or a rejection as soon as the signal aborts (the work behind the promise may go on). */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
