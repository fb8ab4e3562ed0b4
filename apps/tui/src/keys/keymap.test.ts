// The keys of each screen.
import { describe, expect, test } from 'vitest';
import { stateOf } from '../state/state.test.support.js';
import { intentOf, keymap, type Mode, modeOf } from './keymap.js';

const modes = Object.keys(keymap) as Mode[];

describe.each(modes)('%s', (mode) => {
  test('has one meaning for a key, and a way out', () => {
    const keys = keymap[mode].flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
    expect(intentOf(mode, '<ctrl-c>')).toEqual({ type: 'abort' });
  });

  test('says what each key does', () => {
    for (const { label, does } of keymap[mode]) {
      expect(label.length).toBeGreaterThan(0);
      expect(does).toMatch(/^[A-Z].*[^.]$/);
    }
  });
});

test('characters are text in the editor only', () => {
  for (const key of ['q', '?', '[', ' ', '猫', '<'])
    expect(intentOf('edit', key)).toEqual({ type: 'insert', text: key });
  expect(intentOf('edit', '<f1>')).toBeUndefined();
  expect(intentOf('infill', 'q')).toEqual({ type: 'quit' });
  expect(intentOf('infill', 'x')).toBeUndefined();
});

test('the mode follows the state', () => {
  expect(modeOf(stateOf())).toBe('edit');
  expect(modeOf(stateOf({ text: 'x' }))).toBe('infill');
  expect(modeOf(stateOf({ screen: 'anneal' }))).toBe('anneal');
  expect(modeOf(stateOf({}, { type: 'toggle-help' }))).toBe('help');
  expect(modeOf(stateOf({ isReplay: true }))).toBe('infill-replay');
  expect(modeOf(stateOf({ isReplay: true, screen: 'anneal' }))).toBe('anneal-replay');
});
