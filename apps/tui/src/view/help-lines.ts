// The page of keys as lines: each key, and what it does, wrapped where it is long.
import { keymap, modeOf } from '../keys/keymap.js';
import type { AppState } from '../state/state.js';
import { wrapText } from '../text/wrap-text.js';

export interface HelpLine {
  /** Empty where the line goes on from the one before. */
  readonly label: string;
  readonly text: string;
}

export const labelWidth = 8;

export function helpLines(state: AppState): HelpLine[] {
  const width = Math.max(1, state.size.columns - labelWidth);
  return keymap[modeOf({ ...state, help: undefined })].flatMap(({ label, does }) =>
    wrapText(does, width).map(({ start, end }, i) => ({
      label: i === 0 ? label : '',
      text: does.slice(start, end).trimEnd(),
    })),
  );
}

/** All but title and footer. */
export function helpRows(state: AppState): number {
  return state.size.rows - 2;
}
