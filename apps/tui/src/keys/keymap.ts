// Which key does what, in one place: the screens, their footers and the page of keys read it here.
import type { Intent } from '../state/actions.js';
import type { AppState } from '../state/state.js';

export interface Binding {
  readonly keys: readonly string[];
  /** The keys as people know them. */
  readonly label: string;
  readonly does: string;
  /** One or two words for the footer; without it the binding is on the page of keys only. */
  readonly hint?: string;
  readonly intent: Intent;
}

export type Mode = 'help' | 'edit' | 'infill' | 'infill-replay' | 'anneal' | 'anneal-replay';

export function modeOf({ help, screen, infill, isReplay }: AppState): Mode {
  if (help !== undefined) return 'help';
  if (isReplay) return screen === 'infill' ? 'infill-replay' : 'anneal-replay';
  if (screen === 'anneal') return 'anneal';
  return infill.isEditing ? 'edit' : 'infill';
}

const general: readonly Binding[] = [
  { keys: ['?'], label: '?', does: 'Show or hide this page', hint: 'keys', intent: { type: 'toggle-help' } },
  {
    keys: ['q'],
    label: 'q',
    does: 'Quit, and write the text that is shown to standard output',
    hint: 'done',
    intent: { type: 'quit' },
  },
];

const always: readonly Binding[] = [
  {
    keys: ['<ctrl-c>'],
    label: 'Ctrl-C',
    does: 'Quit, and write nothing (exit status 130)',
    intent: { type: 'abort' },
  },
  { keys: ['<ctrl-l>'], label: 'Ctrl-L', does: 'Draw the screen anew', intent: { type: 'repaint' } },
];

const selection: readonly Binding[] = [
  {
    keys: ['<left>', 'h'],
    label: '←',
    does: 'Select the gap before',
    intent: { type: 'select-gap', by: -1 },
  },
  {
    keys: ['<right>', 'l'],
    label: '→',
    does: 'Select the next gap',
    intent: { type: 'select-gap', by: 1 },
  },
  {
    keys: ['<up>', 'k'],
    label: '↑',
    does: 'Go up in the candidates',
    intent: { type: 'highlight-candidate', by: -1 },
  },
  {
    keys: ['<down>', 'j'],
    label: '↓',
    does: 'Go down in the candidates',
    intent: { type: 'highlight-candidate', by: 1 },
  },
];

const switchScreen = (hint: string): Binding => ({
  keys: ['<tab>'],
  label: 'Tab',
  does: 'Go to the other screen',
  hint,
  intent: { type: 'switch-screen' },
});

const slider: readonly Binding[] = [
  {
    keys: ['['],
    label: '[',
    does: 'Show the sweep before',
    hint: 'back',
    intent: { type: 'show-sweep', by: -1 },
  },
  { keys: [']'], label: ']', does: 'Show the next sweep', hint: 'on', intent: { type: 'show-sweep', by: 1 } },
  {
    keys: ['{', '<home>'],
    label: '{',
    does: 'Show the first sweep',
    intent: { type: 'show-sweep', by: -1e9 },
  },
  {
    keys: ['}', '<end>'],
    label: '}',
    does: 'Show the last sweep, or the one in hand',
    intent: { type: 'show-sweep', by: 1e9 },
  },
];

const pause: Binding = {
  keys: [' '],
  label: 'Space',
  does: 'Pause, or go on',
  hint: 'pause',
  intent: { type: 'toggle-pause' },
};

const moveCell: readonly Binding[] = [
  {
    keys: ['<left>', 'h'],
    label: '←',
    does: 'Move to the token before',
    intent: { type: 'move-cell', by: -1 },
  },
  {
    keys: ['<right>', 'l'],
    label: '→',
    does: 'Move to the next token',
    intent: { type: 'move-cell', by: 1 },
  },
];

export const keymap: Readonly<Record<Mode, readonly Binding[]>> = {
  help: [
    {
      keys: ['?', '<escape>', 'q', '<enter>'],
      label: '?',
      does: 'Close this page',
      hint: 'close',
      intent: { type: 'toggle-help' },
    },
    { keys: ['<up>', 'k'], label: '↑', does: 'Scroll up', intent: { type: 'scroll-help', by: -1 } },
    {
      keys: ['<down>', 'j', ' '],
      label: '↓',
      does: 'Scroll down',
      hint: 'more',
      intent: { type: 'scroll-help', by: 1 },
    },
    ...always,
  ],
  edit: [
    { keys: ['<enter>'], label: 'Enter', does: 'Fill the gaps', hint: 'fill', intent: { type: 'fill' } },
    {
      keys: ['<newline>', '<alt-enter>'],
      label: 'Ctrl-J',
      does: 'Break the line (Alt-Enter too)',
      hint: 'newline',
      intent: { type: 'insert', text: '\n' },
    },
    {
      keys: ['<ctrl-g>'],
      label: 'Ctrl-G',
      does: 'Write a gap',
      hint: 'gap',
      intent: { type: 'insert', text: '[MASK]' },
    },
    switchScreen('anneal'),
    {
      keys: ['<escape>'],
      label: 'Esc',
      does: 'Leave the text: then ? shows the other keys',
      hint: 'leave',
      intent: { type: 'leave-edit' },
    },
    {
      keys: ['<ctrl-d>'],
      label: 'Ctrl-D',
      does: 'Quit, and write the text that is shown to standard output',
      hint: 'done',
      intent: { type: 'quit' },
    },
    { keys: ['<left>'], label: '←', does: 'Move left', intent: { type: 'move-cursor', to: 'left' } },
    { keys: ['<right>'], label: '→', does: 'Move right', intent: { type: 'move-cursor', to: 'right' } },
    { keys: ['<up>'], label: '↑', does: 'Move up', intent: { type: 'move-cursor', to: 'up' } },
    { keys: ['<down>'], label: '↓', does: 'Move down', intent: { type: 'move-cursor', to: 'down' } },
    {
      keys: ['<home>', '<ctrl-a>'],
      label: 'Home',
      does: 'Go to the start of the line',
      intent: { type: 'move-cursor', to: 'line-start' },
    },
    {
      keys: ['<end>', '<ctrl-e>'],
      label: 'End',
      does: 'Go to the end of the line',
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
    ...always,
  ],
  infill: [
    ...selection,
    {
      keys: ['<enter>', 'c'],
      label: 'Enter',
      does: 'Take the candidate',
      hint: 'take',
      intent: { type: 'choose-candidate' },
    },
    { keys: ['f'], label: 'f', does: 'Fill again', hint: 'fill', intent: { type: 'fill' } },
    {
      keys: ['r'],
      label: 'r',
      does: 'Fill again with the next seed',
      hint: 'reseed',
      intent: { type: 'reseed' },
    },
    {
      keys: ['t'],
      label: 't',
      does: 'Lower the temperature',
      intent: { type: 'change-sampling-temperature', by: -1 },
    },
    {
      keys: ['T'],
      label: 'T',
      does: 'Raise the temperature',
      intent: { type: 'change-sampling-temperature', by: 1 },
    },
    { keys: ['e'], label: 'e', does: 'Edit the text', hint: 'edit', intent: { type: 'edit' } },
    {
      keys: ['<escape>', 's'],
      label: 's',
      does: 'Stop filling',
      intent: { type: 'stop-filling' },
    },
    switchScreen('anneal'),
    ...general,
    ...always,
  ],
  'infill-replay': [
    pause,
    { keys: ['.'], label: '.', does: 'Go one token on', hint: 'step', intent: { type: 'step' } },
    { keys: ['f', 'r'], label: 'f', does: 'Go back to the start', hint: 'again', intent: { type: 'fill' } },
    ...selection,
    ...general,
    ...always,
  ],
  anneal: [
    pause,
    { keys: ['.'], label: '.', does: 'Make one sweep, then pause', hint: 'step', intent: { type: 'step' } },
    ...slider,
    {
      keys: ['t'],
      label: 't',
      does: 'Lower the temperature, from the next sweep on',
      intent: { type: 'change-temperature', by: -1 },
    },
    {
      keys: ['T'],
      label: 'T',
      does: 'Raise the temperature, from the next sweep on',
      intent: { type: 'change-temperature', by: 1 },
    },
    {
      keys: ['m'],
      label: 'm',
      does: 'Lower the mask rate, from the next sweep on',
      intent: { type: 'change-mask-rate', by: -1 },
    },
    {
      keys: ['M'],
      label: 'M',
      does: 'Raise the mask rate, from the next sweep on',
      intent: { type: 'change-mask-rate', by: 1 },
    },
    {
      keys: ['0'],
      label: '0',
      does: 'Give both back to their schedules',
      intent: { type: 'follow-schedule' },
    },
    ...moveCell,
    {
      keys: ['v'],
      label: 'v',
      does: 'Begin a span at the token, or give it up',
      intent: { type: 'mark-span' },
    },
    {
      keys: ['p'],
      label: 'p',
      does: 'Pin the token or the span, or unpin it',
      hint: 'pin',
      intent: { type: 'toggle-pin' },
    },
    { keys: ['u'], label: 'u', does: 'Unpin all', intent: { type: 'unpin-all' } },
    {
      keys: ['r'],
      label: 'r',
      does: 'Start again with the next seed; pins are forgotten',
      hint: 'restart',
      intent: { type: 'restart' },
    },
    switchScreen('infill'),
    ...general,
    ...always,
  ],
  'anneal-replay': [
    pause,
    ...slider,
    { keys: ['r'], label: 'r', does: 'Play from the start', hint: 'again', intent: { type: 'restart' } },
    ...moveCell,
    ...general,
    ...always,
  ],
};

/** What the key means now; undefined if it means nothing. */
export function intentOf(mode: Mode, key: string): Intent | undefined {
  const binding = keymap[mode].find(({ keys }) => keys.includes(key));
  if (binding) return binding.intent;
  const isCharacter = !(key.startsWith('<') && key.length > 1);
  return mode === 'edit' && isCharacter ? { type: 'insert', text: key } : undefined;
}
