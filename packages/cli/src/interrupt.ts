// Ctrl-C, SIGTERM and the end of the terminal: the first signal aborts the work in hand, the second one ends the process at once.
import { setMaxListeners } from 'node:events';
import { InterruptedError } from '@maria/core/errors';

const statusOfSignal = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof statusOfSignal;
const stopSignals = Object.keys(statusOfSignal) as StopSignal[];

let received: StopSignal | undefined;

/** Starts to listen. The returned signal aborts with an InterruptedError. */
export function listenForInterrupts(): AbortSignal {
  const controller = new AbortController();
  // As many requests to a server as there are texts at once wait for it; Node would warn of a leak from the eleventh on.
  setMaxListeners(0, controller.signal);
  const stop = (name: StopSignal) => {
    if (received !== undefined) return;
    received = name;
    // Without a listener, also of others (Ink's would raise the signal anew), the system ends the process, which needs no turn of
    // the event loop: whatever hangs, the next one works. Not so for SIGHUP, which comes twice when a terminal goes.
    for (const other of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(other);
    controller.abort(new InterruptedError());
  };
  for (const name of stopSignals) process.on(name, stop);
  return controller.signal;
}

/** The exit status of the signal that stopped the run; undefined if none did. */
export function interruptStatus(): number | undefined {
  return received && statusOfSignal[received];
}

/** Ends a run that SIGHUP stopped as that signal does: without its terminal Node crashes in `process.exit`. What cleans up at an exit does so. */
export function endIfHungUp(): void {
  if (received !== 'SIGHUP') return;
  process.emit('exit', statusOfSignal.SIGHUP);
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
