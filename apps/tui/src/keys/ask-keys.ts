// The keys of the form that tells what a gap must be.
import { always, type Binding, inLine } from './bindings.js';

export const askKeys: readonly Binding[] = [
  {
    keys: ['<enter>'],
    label: 'Enter',
    does: 'Fill the gaps so; where that cannot be, the reason is told',
    hint: 'fill so',
    intent: { type: 'ask' },
  },
  {
    keys: ['<escape>'],
    label: 'Esc',
    does: 'Leave it as it was',
    hint: 'leave',
    intent: { type: 'leave-form' },
  },
  {
    keys: ['<up>'],
    label: '↑',
    does: 'Go to the line before',
    intent: { type: 'move-in-form', field: -1 },
  },
  {
    keys: ['<down>'],
    label: '↓',
    does: 'Go to the next line',
    hint: 'next line',
    intent: { type: 'move-in-form', field: 1 },
  },
  {
    keys: ['<tab>'],
    label: 'Tab',
    does: 'Go to the next gap, and from the last one to the first',
    hint: 'next gap',
    intent: { type: 'move-in-form', gap: 1 },
  },
  ...inLine,
  ...always,
];
