// The keys of the infill screen, live and in a replay.
import { always, type Binding, general, paging, pause, switchScreen, undoing } from './bindings.js';

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
  ...paging('the text; in the candidates where all of it is shown'),
];

export const infillKeys: readonly Binding[] = [
  ...selection,
  {
    keys: ['<enter>', 'c'],
    label: 'Enter',
    does: 'Take the candidate; all other tokens stay',
    hint: 'take',
    intent: { type: 'choose-candidate' },
  },
  {
    keys: ['F'],
    label: 'F',
    does: 'Take the candidate, and fill what is to its right again',
    intent: { type: 'fill-onward' },
  },
  { keys: ['f'], label: 'f', does: 'Fill all that is not pinned', hint: 'fill', intent: { type: 'fill' } },
  {
    keys: ['a'],
    label: 'a',
    does: 'Say what the gap must be: choices, a regular expression, words and more',
    hint: 'ask',
    intent: { type: 'open-form' },
  },
  {
    keys: ['b'],
    label: 'b',
    does: 'List the best fills, which have the highest joint probability',
    hint: 'best',
    intent: { type: 'find-best' },
  },
  {
    keys: ['+', '='],
    label: '+',
    does: 'Lengthen the gap by a token, and fill again with the same seed',
    intent: { type: 'lengthen-gap' },
  },
  {
    keys: ['-'],
    label: '-',
    does: 'Shorten the gap by a token, and fill again with the same seed',
    intent: { type: 'shorten-gap' },
  },
  {
    keys: ['*'],
    label: '*',
    does: 'Let the gap have any length, [MASK*?], or the one that it has now',
    intent: { type: 'open-gap' },
  },
  {
    keys: ['r'],
    label: 'r',
    does: 'Fill all that is not pinned with the next seed',
    intent: { type: 'reseed' },
  },
  {
    keys: ['p'],
    label: 'p',
    does: 'Pin the token, or unpin it: pinned tokens stay',
    intent: { type: 'pin-token' },
  },
  { keys: ['P'], label: 'P', does: 'Pin the whole gap, or unpin it', intent: { type: 'pin-gap' } },
  ...undoing({ undo: 'u', redo: 'U' }),
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
  { keys: ['e'], label: 'e', does: 'Edit the text and its gaps', hint: 'edit', intent: { type: 'edit' } },
  {
    keys: ['E'],
    label: 'E',
    does: 'Edit the filled text: what was filled is text then',
    intent: { type: 'edit-filled' },
  },
  {
    keys: ['<escape>', 's'],
    label: 's',
    does: 'Stop filling',
    intent: { type: 'stop-filling' },
  },
  switchScreen('anneal'),
  ...general,
  ...always,
];

export const infillReplayKeys: readonly Binding[] = [
  pause,
  { keys: ['.'], label: '.', does: 'Go one token on', hint: 'step', intent: { type: 'step' } },
  { keys: ['f', 'r'], label: 'f', does: 'Go back to the start', hint: 'again', intent: { type: 'fill' } },
  ...selection,
  ...general,
  ...always,
];
