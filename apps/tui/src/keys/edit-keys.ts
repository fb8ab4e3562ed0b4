// The keys of the editor.
import { always, type Binding, inLine, paging, switchScreen, undoing } from './bindings.js';

export const editKeys: readonly Binding[] = [
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
  {
    keys: ['<ctrl-o>'],
    label: 'Ctrl-O',
    does: 'Say what the gap at the cursor must be',
    hint: 'ask',
    intent: { type: 'open-form' },
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
  { keys: ['<up>'], label: '↑', does: 'Move up', intent: { type: 'move-cursor', to: 'up' } },
  { keys: ['<down>'], label: '↓', does: 'Move down', intent: { type: 'move-cursor', to: 'down' } },
  ...paging('the text'),
  ...inLine,
  ...undoing(undefined),
  ...always,
];
