// The keys of the editor.
import { always, type Binding, paging, switchScreen, undoing } from './bindings.js';

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
  ...paging('the text'),
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
  ...undoing(undefined),
  ...always,
];
