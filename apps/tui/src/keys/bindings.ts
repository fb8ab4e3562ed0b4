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

export const pause: Binding = {
  keys: [' '],
  label: 'Space',
  does: 'Pause, or go on',
  hint: 'pause',
  intent: { type: 'toggle-pause' },
};
