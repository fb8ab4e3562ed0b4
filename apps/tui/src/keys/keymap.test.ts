// The keys of each screen.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stateOf } from '../state/state.test.support.js';
import { intentOf, keymap, keysOf, type Mode, modeOf } from './keymap.js';

const modes = Object.keys(keymap) as Mode[];

describe.each(modes)('%s', (mode) => {
  test('has one meaning for a key, and a way out', () => {
    const keys = keymap[mode].flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
    expect(intentOf(mode, '<ctrl-c>', stateOf())).toEqual({ type: 'abort' });
  });

  test('says what each key does', () => {
    for (const { label, does } of keymap[mode]) {
      expect(label.length).toBeGreaterThan(0);
      expect(does).toMatch(/^[A-Z].*[^.]$/);
    }
  });
});

/** Names that no terminal sends, because it sends others for them, and keys that the terminal keeps for itself. */
const neverSent = ['<ctrl-h>', '<ctrl-i>', '<ctrl-j>', '<ctrl-m>', '<space>', '<ctrl-s>', '<ctrl-q>'];

describe.each(modes)('the keys of %s', (mode) => {
  test('come from a terminal, and have labels of their own', () => {
    const keys = keymap[mode].flatMap((binding) => binding.keys);
    expect(keys.filter((key) => neverSent.includes(key))).toEqual([]);
    const labels = keymap[mode].map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
  });

  test('that are text leave the text of the editor alone', () => {
    const letters = keymap[mode].flatMap(({ keys }) => keys).filter((key) => key.length === 1);
    expect(mode === 'edit' ? letters : []).toEqual([]);
  });

  test('are all on its page, and in docs/tui.md', () => {
    const page = readFileSync(new URL('../../../../docs/tui.md', import.meta.url), 'utf8');
    for (const { label, does } of keymap[mode]) expect(page).toContain(`\n${label.padEnd(8)}${does}\n`);
  });

  test.skipIf(mode === 'ask')('go by pages where there is something to scroll', () => {
    expect(intentOf(mode, '<page-up>', stateOf())).toEqual({ type: 'scroll', unit: 'page', by: -1 });
    expect(intentOf(mode, '<page-down>', stateOf())).toEqual({ type: 'scroll', unit: 'page', by: 1 });
  });
});

test('characters are text where text is typed', () => {
  for (const key of ['q', '?', '[', ' ', '猫', '<'])
    expect(intentOf('edit', key, stateOf())).toEqual({ type: 'insert', text: key });
  expect(intentOf('ask', 'q', stateOf())).toEqual({ type: 'insert', text: 'q' });
  expect(intentOf('edit', '<f1>', stateOf())).toBeUndefined();
  expect(intentOf('infill', 'q', stateOf())).toEqual({ type: 'quit' });
  expect(intentOf('infill', 'x', stateOf())).toBeUndefined();
});

test('the mode follows the state', () => {
  expect(modeOf(stateOf())).toBe('edit');
  expect(modeOf(stateOf({ text: 'x' }))).toBe('infill');
  expect(modeOf(stateOf({ screen: 'anneal' }))).toBe('anneal');
  expect(modeOf(stateOf({}, { type: 'toggle-help' }))).toBe('help');
  expect(modeOf(stateOf({ text: '[MASK]' }, { type: 'open-form' }))).toBe('ask');
  expect(modeOf(stateOf({ isReplay: true }))).toBe('infill-replay');
  expect(modeOf(stateOf({ isReplay: true, screen: 'anneal' }))).toBe('anneal-replay');
});

test('a denoiser has no other screen to go to', () => {
  const denoising = stateOf({ system: 'diffusion' });
  for (const mode of ['edit', 'infill'] as const) {
    expect(intentOf(mode, '<tab>', stateOf())).toEqual({ type: 'switch-screen' });
    expect(intentOf(mode, '<tab>', denoising)).toBeUndefined();
    expect(keysOf(mode, denoising)).toEqual(keymap[mode].filter(({ label }) => label !== 'Tab'));
  }
});
