// The app, drawn anew when the store tells of a change.
import { useSyncExternalStore } from 'react';
import type { Store } from '../state/store.js';
import type { Theme } from '../view/theme.js';
import { App } from './app.js';

export function Root({ store, theme }: { readonly store: Store; readonly theme: Theme }) {
  const state = useSyncExternalStore(store.subscribe, store.getState);
  return <App state={state} theme={theme} />;
}
