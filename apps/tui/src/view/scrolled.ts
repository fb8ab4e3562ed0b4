// What a key that scrolls does now: it goes to the page of keys, the text that is typed, the text of a run, or its candidates.
import type { Action, ScrollIntent } from '../state/actions.js';
import type { AppState } from '../state/state.js';
import { bodyLines } from './body.js';
import { helpLines, helpRows } from './help-lines.js';
import { layoutOf } from './layout.js';
import type { Theme } from './theme.js';

/** undefined where nothing can be scrolled. */
export function scrolled(state: AppState, { unit, by }: ScrollIntent, theme: Theme): Action | undefined {
  /** A page leaves a line of the one before. */
  const linesOf = (rows: number) => by * (unit === 'line' ? 1 : Math.max(1, rows - 1));
  if (state.help !== undefined) {
    const rows = helpRows(state);
    return {
      type: 'scrolled',
      what: 'help',
      first: within(state.help + linesOf(rows), helpLines(state).length, rows),
    };
  }
  const { bodyRows, lowerRows } = layoutOf(state);
  const body = bodyLines(state, theme);
  if (body === undefined) {
    const lines = Math.abs(linesOf(bodyRows));
    return { type: 'move-cursor', to: by < 0 ? 'up' : 'down', lines };
  }
  if (body.count > bodyRows)
    return {
      type: 'scrolled',
      what: 'text',
      first: within(body.first + linesOf(bodyRows), body.count, bodyRows),
    };
  // The heading is no candidate.
  return state.screen === 'infill' ? { type: 'highlight-candidate', by: linesOf(lowerRows - 1) } : undefined;
}

function within(first: number, count: number, rows: number): number {
  return Math.max(0, Math.min(first, count - rows));
}
