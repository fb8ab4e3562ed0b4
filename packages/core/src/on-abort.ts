// Hears of aborts: one listener for each signal, however many wait for it.

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `stop` when the signal aborts. @returns what ends that */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal === undefined) return () => {};
  // A set of its own for each call: the same function may be given twice.
  const call = () => stop();
  let calls = waiting.get(signal);
  if (!calls) {
    calls = new Set();
    waiting.set(signal, calls);
    const all = calls;
    signal.addEventListener(
      'abort',
      () => {
        for (const each of [...all]) each();
      },
      { once: true },
    );
  }
  calls.add(call);
  return () => calls.delete(call);
}
