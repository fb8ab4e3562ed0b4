// A binding of keys, and the ones that several screens share.
import type { Intent } from '../state/actions.js';

export interface Binding {
  readonly keys: readonly string[];
  /** The keys as people know them. */
  readonly label: string;
  readonly does: string;
  /** One or two words for the footer; without it the binding is on the page of keys only. */
  readonly hint?: string;
  readonly intent: Intent;
}

/** Of every screen that shows a run. */
export const general: readonly Binding[] = [
  { keys: ['?'], label: '?', does: 'Show or hide this page', hint: 'keys', intent: { type: 'toggle-help' } },
  {
    keys: ['q'],
    label: 'q',
    does: 'Quit, and write the text that is shown to standard output',
    hint: 'done',
    intent: { type: 'quit' },
  },
];

/** Of every mode. */
export const always: readonly Binding[] = [
  {
    keys: ['<ctrl-c>'],
    label: 'Ctrl-C',
    does: 'Quit, and write nothing (exit status 130)',
    intent: { type: 'abort' },
  },
  { keys: ['<ctrl-l>'], label: 'Ctrl-L', does: 'Draw the screen anew', intent: { type: 'repaint' } },
];

export const switchScreen = (hint: string): Binding => ({
  keys: ['<tab>'],
  label: 'Tab',
  does: 'Go to the other screen',
  hint,
  intent: { type: 'switch-screen' },
});

/** Of every line that is typed. */
export const inLine: readonly Binding[] = [
  { keys: ['<left>'], label: '←', does: 'Move left', intent: { type: 'move-cursor', to: 'left' } },
  { keys: ['<right>'], label: '→', does: 'Move right', intent: { type: 'move-cursor', to: 'right' } },
  {
    keys: ['<home>', '<ctrl-a>'],
    label: 'Home',
    does: 'Go to the start of the line (Ctrl-A too)',
    intent: { type: 'move-cursor', to: 'line-start' },
  },
  {
    keys: ['<end>', '<ctrl-e>'],
    label: 'End',
    does: 'Go to the end of the line (Ctrl-E too)',
    intent: { type: 'move-cursor', to: 'line-end' },
  },
  {
    keys: ['<backspace>'],
    label: '⌫',
    does: 'Delete the character before',
    intent: { type: 'delete-backward' },
  },
  {
    keys: ['<delete>'],
    label: 'Del',
    does: 'Delete the character under the cursor',
    intent: { type: 'delete-forward' },
  },
  { keys: ['<ctrl-u>'], label: 'Ctrl-U', does: 'Delete all', intent: { type: 'clear-draft' } },
];

/** Of every screen: what does not fit is scrolled. */
export const paging = (what: string): readonly Binding[] => [
  {
    keys: ['<page-up>'],
    label: 'PgUp',
    does: `Go a page up in ${what}`,
    intent: { type: 'scroll', unit: 'page', by: -1 },
  },
  {
    keys: ['<page-down>'],
    label: 'PgDn',
    does: `Go a page down in ${what}`,
    intent: { type: 'scroll', unit: 'page', by: 1 },
  },
];

/** @param also further keys, where letters are no text */
export const undoing = (
  also: { readonly undo: string; readonly redo: string } | undefined,
): readonly Binding[] => [
  {
    keys: ['<ctrl-z>', ...(also ? [also.undo] : [])],
    label: also?.undo ?? 'Ctrl-Z',
    does: also ? 'Undo (Ctrl-Z too)' : 'Undo',
    ...(also && { hint: 'undo' }),
    intent: { type: 'undo' },
  },
  {
    keys: ['<ctrl-y>', ...(also ? [also.redo] : [])],
    label: also?.redo ?? 'Ctrl-Y',
    does: also ? 'Do again what was undone (Ctrl-Y too)' : 'Do again what was undone',
    intent: { type: 'redo' },
  },
];

export const pause: Binding = {
  keys: [' '],
  label: 'Space',
  does: 'Pause, or go on',
  hint: 'pause',
  intent: { type: 'toggle-pause' },
};
