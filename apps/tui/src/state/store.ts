// Holds the state, and tells of changes at most so often.
import type { Action } from './actions.js';
import { reduce } from './reducer.js';
import type { AppState } from './state.js';

export interface Store {
  getState(): AppState;
  dispatch(action: Action): void;
  /** Calls the listener after changes, together if they come fast. Returns how to stop it. */
  subscribe(listener: () => void): () => void;
  /** Stops the timer. */
  close(): void;
}

/** Redraws a second. */
const maxFps = 30;

export interface StoreOptions {
  /** Milliseconds. @default performance.now */
  readonly clock?: () => number;
}

/** The first change is told at once, those that follow within the interval together at its end. */
export function createStore(
  initial: AppState,
  { clock = () => performance.now() }: StoreOptions = {},
): Store {
  const interval = 1000 / maxFps;
  const listeners = new Set<() => void>();
  let state = initial;
  let toldAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  const tell = () => {
    timer = undefined;
    toldAt = clock();
    for (const listener of listeners) listener();
  };
  return {
    getState: () => state,
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      if (timer !== undefined) return;
      const wait = toldAt + interval - clock();
      if (wait <= 0) tell();
      else timer = setTimeout(tell, Math.ceil(wait));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearTimeout(timer);
    },
  };
}
