// One computation at a time: the model's KV cache belongs to whoever has the turn.

export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all that asked before it is done. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn.catch(() => {});
    return turn;
  }
}

/** Lets keys and timers have their turn, also when a backend computes on this thread. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
