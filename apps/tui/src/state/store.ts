// Holds the state for components, and for what runs outside of them: React's useReducer has no state to read between two tokens.
import { throttle } from 'es-toolkit/function';
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

/** Redraws a second. Ink's own limit is off while it hands over whole frames: see terminal/screen.ts. */
const maxFps = 30;

/** The first change is told at once, those that follow soon after it together. */
export function createStore(initial: AppState): Store {
  const listeners = new Set<() => void>();
  let state = initial;
  const tell = throttle(() => {
    for (const listener of listeners) listener();
  }, 1000 / maxFps);
  return {
    getState: () => state,
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: tell.cancel,
  };
}
