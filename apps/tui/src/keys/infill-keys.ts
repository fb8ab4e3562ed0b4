// The keys of the infill screen, live and in a replay.
import { always, type Binding, general, pause, switchScreen } from './bindings.js';

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

export const infillKeys: readonly Binding[] = [
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
];

export const infillReplayKeys: readonly Binding[] = [
  pause,
  { keys: ['.'], label: '.', does: 'Go one token on', hint: 'step', intent: { type: 'step' } },
  { keys: ['f', 'r'], label: 'f', does: 'Go back to the start', hint: 'again', intent: { type: 'fill' } },
  ...selection,
  ...general,
  ...always,
];
