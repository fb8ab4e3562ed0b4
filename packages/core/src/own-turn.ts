// Long work on the main thread is done in parts, between which timers, keys and signals have their turn.

let last: Promise<void> = Promise.resolve();

/** A turn of the event loop for whoever goes on now, once it has gone round: of several that ask at once, each gets one of its own. */
export function ownTurn(): Promise<void> {
  last = last.then(
    () =>
      new Promise((resolve) => {
        // The first one may come directly after what was asked in.
        setImmediate(() => setImmediate(resolve));
      }),
  );
  return last;
}

/** Does work that stops now and then, all at once. */
export function atOnce<T>(work: Generator<void, T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** The same, with a turn of the event loop wherever it stops. */
export async function takeTurns<T>(work: Generator<void, T>): Promise<T> {
  let step = work.next();
  for (; !step.done; step = work.next()) await ownTurn();
  return step.value;
}
