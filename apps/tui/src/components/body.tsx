// The text of a run, token by token.
import { useContext } from 'react';
import type { AppState } from '../state/state.js';
import { bodyLines } from '../view/body.js';
import { Editor } from './editor.js';
import { Lines } from './lines.js';
import { ThemeContext } from './paint.js';

/** The editor where nothing is filled yet. */
export function Body({ state, rows }: { readonly state: AppState; readonly rows: number }) {
  const body = bodyLines(state, useContext(ThemeContext));
  return body === undefined ? <Editor state={state} rows={rows} /> : <Lines lines={body.shown} rows={rows} />;
}
