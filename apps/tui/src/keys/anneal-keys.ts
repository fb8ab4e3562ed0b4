// The keys of the anneal screen, live and in a replay.
import { always, type Binding, general, paging, pause, switchScreen } from './bindings.js';

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
  {
    keys: ['b'],
    label: 'b',
    does: 'Show the best sweep, which has the lowest energy',
    intent: { type: 'show-best' },
  },
];

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
  ...paging('the text'),
];

export const annealKeys: readonly Binding[] = [
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
];

export const annealReplayKeys: readonly Binding[] = [
  pause,
  ...slider,
  { keys: ['r'], label: 'r', does: 'Play from the start', hint: 'again', intent: { type: 'restart' } },
  ...moveCell,
  ...general,
  ...always,
];
