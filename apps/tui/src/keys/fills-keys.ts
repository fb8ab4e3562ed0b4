// The keys of the list of the best fills.
import { always, type Binding, general, paging } from './bindings.js';

export const fillsKeys: readonly Binding[] = [
  {
    keys: ['<up>', 'k'],
    label: '↑',
    does: 'Show the fill before, which is more probable',
    intent: { type: 'highlight-candidate', by: -1 },
  },
  {
    keys: ['<down>', 'j'],
    label: '↓',
    does: 'Show the next fill',
    hint: 'next',
    intent: { type: 'highlight-candidate', by: 1 },
  },
  ...paging('the text; in the fills where all of it is shown'),
  {
    keys: ['<enter>'],
    label: 'Enter',
    does: 'Take the fill that is shown',
    hint: 'take',
    intent: { type: 'take-fill' },
  },
  {
    keys: ['<escape>'],
    label: 'Esc',
    does: 'Take none: the text is what it was before',
    hint: 'none',
    intent: { type: 'leave-fills' },
  },
  ...general,
  ...always,
];
