// The page of keys as lines: each key, and what it does, wrapped where it is long.
import type { Binding } from '../keys/bindings.js';
import { keysOf, type Mode, modeOf } from '../keys/keymap.js';
import type { AppState } from '../state/state.js';
import { wrapText } from '../text/wrap-text.js';

export interface HelpLine {
  /** Empty where the line goes on from the one before. */
  readonly label: string;
  readonly text: string;
}

export const labelWidth = 8;

/** The keys of the screen, of its editor, which takes `?` for text, and of the page itself. */
export function helpLines(state: AppState): HelpLine[] {
  const mode = modeOf({ ...state, help: undefined });
  const linesOf = (one: Mode) =>
    keysOf(one, state).flatMap((binding) => bindingLines(binding, state.size.columns));
  return [
    ...linesOf(mode),
    ...(mode === 'infill'
      ? [
          ...heading('While a text is typed:'),
          ...linesOf('edit'),
          ...heading('While it is said what a gap must be:'),
          ...linesOf('ask'),
          ...heading('While the best fills are listed:'),
          ...linesOf('fills'),
        ]
      : []),
    ...heading('On this page:'),
    ...linesOf('help'),
  ];
}

function heading(text: string): HelpLine[] {
  return [
    { label: '', text: '' },
    { label: '', text },
  ];
}

function bindingLines({ label, does }: Binding, columns: number): HelpLine[] {
  return wrapText(does, Math.max(1, columns - labelWidth)).map(({ start, end }, i) => ({
    label: i === 0 ? label : '',
    text: does.slice(start, end).trimEnd(),
  }));
}

/** All but title and footer. */
export function helpRows(state: AppState): number {
  return state.size.rows - 2;
}
