// Anneals the gaps of the draft sweep by sweep, as the anneal screen says: running, paused or one step.
import { type AnnealControl, type AnnealEvent, anneal, type MariaModel } from '@maria/core';
import { messageOf } from '../state/message.js';
import type { Store } from '../state/store.js';
import { TokenRate } from './rate.js';
import { breathe, type Turns } from './turns.js';

/** Tokens that are generated where the draft has no text at all. */
const defaultText = '[MASK*48]';

export interface AnnealSession {
  /** Stops what runs, and starts with a seed. */
  start(seed: number): void;
  stop(): void;
  /** To be called when the screen's state has changed: a pause may be over. */
  wake(): void;
}

export function createAnnealSession(store: Store, model: MariaModel, turns: Turns): AnnealSession {
  let current = new AbortController();
  let wake = () => {};
  const changed = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  const run = async (mine: AbortController, seed: number) => {
    let message: string | undefined;
    try {
      await annealDraft(store, model, turns, { seed, signal: mine.signal, changed });
    } catch (error) {
      message = messageOf(error);
    }
    // A run that had to make room for another one has nothing more to say.
    if (mine === current) store.dispatch({ type: 'anneal-stopped', message });
  };
  const stop = () => {
    current.abort();
    wake();
  };
  return {
    start(seed) {
      stop();
      current = new AbortController();
      void run(current, seed);
    },
    stop,
    wake: () => wake(),
  };
}

interface Run {
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Resolves when the screen's state has changed. */
  readonly changed: () => Promise<void>;
}

async function annealDraft(store: Store, model: MariaModel, turns: Turns, run: Run): Promise<void> {
  const { seed, signal } = run;
  const { infill, anneal: screen } = store.getState();
  const clock = new ActiveClock();
  store.dispatch({ type: 'anneal-started', seed });
  const events = anneal(model, {
    text: infill.draft.trim() === '' ? defaultText : infill.draft,
    sweeps: screen.sweeps,
    seed,
    signal,
    clock: () => clock.now(),
    control: controlOf(store),
  });
  for (let isDone = false; !isDone; ) {
    await untilGoing(store, run);
    if (signal.aborted) return;
    isDone = await turns.take(() => clock.during(() => oneSweep(store, model, events)));
  }
}

/** Up to the end of a sweep, where the model is free for others. Returns whether it was the last one. */
async function oneSweep(
  store: Store,
  model: MariaModel,
  events: AsyncGenerator<AnnealEvent, unknown>,
): Promise<boolean> {
  const rate = new TokenRate(() => performance.now());
  for (;;) {
    const step = await events.next();
    if (step.done) return true;
    const event = step.value;
    store.dispatch({ type: 'anneal-event', event });
    if (event.type === 'gap-filled')
      store.dispatch({
        type: 'measured',
        of: 'anneal',
        cacheLength: model.ar.length(0),
        tokensPerSecond: rate.count(),
      });
    await breathe();
    if (event.type === 'sweep-end') return false;
  }
}

/** Waits while the run is paused; pauses it where nothing is left to mask. */
async function untilGoing(store: Store, { signal, changed }: Run): Promise<void> {
  for (;;) {
    const { phase, free, pinned, records } = store.getState().anneal;
    const isGoing = phase === 'running' || phase === 'pausing';
    const isPinned = records.length > 0 && free.every((position) => pinned.has(position));
    if (signal.aborted || (isGoing && !isPinned)) return;
    if (isGoing) {
      store.dispatch({ type: 'pause-annealing' });
      store.dispatch({
        type: 'notify',
        notice: { kind: 'error', text: 'Paused: every token is pinned. Unpin some (u) to go on.' },
      });
    }
    await changed();
  }
}

/** Reads the state before each sweep. */
function controlOf(store: Store): AnnealControl {
  return {
    get temperature() {
      return store.getState().anneal.control.temperature;
    },
    get maskRate() {
      return store.getState().anneal.control.maskRate;
    },
    get pinned() {
      return store.getState().anneal.pinned;
    },
  };
}

/** Time that was spent on sweeps, without pauses. */
class ActiveClock {
  private total = 0;
  private since: number | undefined;

  now(): number {
    return this.total + (this.since === undefined ? 0 : performance.now() - this.since);
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.since = performance.now();
    try {
      return await work();
    } finally {
      this.total = this.now();
      this.since = undefined;
    }
  }
}
