// Undo and redo: what is one step, and what comes back.
import { expect, test } from 'vitest';
import type { Action } from './actions.js';
import { refusalOf } from './refusal.js';
import { after, infillActions, modelReady, stateOf } from './state.test.support.js';

const undo = { type: 'undo' } as const;
const redo = { type: 'redo' } as const;
const typed = (text: string): Action[] => [...text].map((letter) => ({ type: 'insert', text: letter }));
const filled = after(stateOf({ text: 'The [MASK] sat[MASK]' }, modelReady), ...infillActions);

test('a word is one step, a paste another, and deleting a third', () => {
  const deleted = { type: 'delete-backward' } as const;
  const state = stateOf({}, ...typed('one two'), { type: 'insert', text: 'pasted text' }, deleted, deleted);
  const drafts: string[] = [];
  for (let at = state; ; at = after(at, undo)) {
    drafts.push(at.infill.draft);
    if (refusalOf(at, undo) !== undefined) break;
  }
  expect(drafts).toEqual(['one twopasted te', 'one twopasted text', 'one two', 'one ', 'one', '']);
  const back = after(after(state, undo, undo), redo, redo);
  expect(back.infill.draft).toBe('one twopasted te');
  expect(back.infill.cursor).toBe(back.infill.draft.length);
});

test('moving the cursor begins a step, and what is new forgets what was undone', () => {
  const state = stateOf({}, ...typed('ab'), { type: 'move-cursor', to: 'left' }, ...typed('c'));
  expect(after(state, undo).infill.draft).toBe('ab');
  const other = after(state, undo, ...typed('d'));
  expect(refusalOf(other, redo)).toBe('Nothing to do again.');
  expect(after(other, redo)).toEqual(other);
});

test('a text that was deleted comes back with its fills', () => {
  const cleared = after(filled, { type: 'edit' }, { type: 'clear-draft' });
  expect(cleared.infill).toMatchObject({ draft: '', run: undefined });
  const { draft, run, phase } = after(cleared, undo).infill;
  expect({ draft, run, phase }).toEqual({
    draft: 'The [MASK] sat[MASK]',
    run: filled.infill.run,
    phase: 'filled',
  });
});

test('taking, pinning, editing and filling again are a step each', () => {
  const changes: Action[][] = [
    [{ type: 'select-gap', by: -1 }, { type: 'highlight-candidate', by: 1 }, { type: 'choose-candidate' }],
    [{ type: 'pin-token' }],
    [{ type: 'reseed' }, ...infillActions],
    [{ type: 'edit-filled' }],
  ];
  for (const change of changes) {
    const changed = after(filled, ...change);
    expect(changed.infill.history.past).toHaveLength(filled.infill.history.past.length + 1);
    const { run, seed, phase } = after(changed, undo).infill;
    expect(seed).toBe(0);
    expect(phase).toBe('filled');
    expect(run?.text).toBe(filled.infill.run?.text);
    expect(run?.pinned.size).toBe(0);
    const again = after(changed, undo, redo).infill;
    expect({ ...again, history: undefined }).toEqual({ ...changed.infill, history: undefined });
  }
});

test('a candidate that is taken with what follows is one step', () => {
  const [encoded, ...rest] = infillActions;
  const onward = after(
    filled,
    { type: 'select-gap', by: -1 },
    { type: 'highlight-candidate', by: 1 },
    { type: 'fill-onward' },
    encoded!,
    ...rest.slice(2),
  );
  expect(onward.infill.history.past).toHaveLength(filled.infill.history.past.length + 1);
  expect(after(onward, undo).infill.run?.text).toBe('The cat sat.');
});

test('half a fill is no step: the text before it comes back', () => {
  const half = after(filled, ...infillActions.slice(0, 2));
  const back = after(half, undo);
  expect(back.infill.run?.text).toBe('The cat sat.');
  expect(refusalOf(back, redo)).toBeDefined();
  // Stopped, and filled again.
  const again = after(half, { type: 'infill-stopped', message: undefined }, ...infillActions);
  expect(after(again, undo).infill.run?.text).toBe('The cat sat.');
  expect(after(again, undo, undo).infill.run).toBeUndefined();
});
