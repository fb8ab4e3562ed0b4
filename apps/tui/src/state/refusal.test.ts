// What a key that does nothing tells.
import { expect, test } from 'vitest';
import type { Intent } from './actions.js';
import { refusalOf } from './refusal.js';
import { after, denoiserReady, infillActions, modelReady, stateOf } from './state.test.support.js';

const draft = 'The [MASK] sat[MASK]';
const filledAt = (temperature: number) =>
  after(stateOf({ text: draft, temperature }, modelReady), ...infillActions);

test('another seed at temperature 0: which key changes that', () => {
  expect(refusalOf(filledAt(0), { type: 'reseed' })).toMatch(
    /^At temperature 0 every seed gives the same text\. T raises the temperature/,
  );
  expect(refusalOf(filledAt(0.1), { type: 'reseed' })).toBeUndefined();
  expect(refusalOf(filledAt(0), { type: 'fill' })).toBeUndefined();
});

test('another seed at temperature 0, where the order of a denoiser is drawn', () => {
  const denoised = after(stateOf({ text: draft, system: 'diffusion' }, denoiserReady), ...infillActions);
  expect(refusalOf(denoised, { type: 'reseed' })).toBeUndefined();
});

test('filling where every token is pinned', () => {
  const pinned = after(
    filledAt(1),
    { type: 'pin-token' },
    { type: 'select-gap', by: -1 },
    { type: 'pin-token' },
  );
  for (const type of ['fill', 'reseed'] as const) expect(refusalOf(pinned, { type })).toMatch(/p unpins one/);
  expect(refusalOf(after(pinned, { type: 'pin-gap' }), { type: 'fill' })).toBeUndefined();
});

test('filling onward from the last token, and where the rest is pinned', () => {
  const onward: Intent = { type: 'fill-onward' };
  expect(refusalOf(filledAt(0), onward)).toMatch(/^Nothing to fill to the right of it/);
  const first = after(filledAt(0), { type: 'select-gap', by: -1 });
  expect(refusalOf(first, onward)).toBeUndefined();
  const pinned = after(filledAt(0), { type: 'pin-token' }, { type: 'select-gap', by: -1 });
  expect(refusalOf(pinned, onward)).toMatch(/^Nothing to fill/);
});

test.each(['choose-candidate', 'fill-onward', 'pin-token', 'pin-gap', 'edit-filled'] as const)(
  '%s before the text is filled',
  (type) => {
    expect(refusalOf(stateOf({ text: draft }, modelReady), { type })).toBe('The text is not filled yet.');
    const half = after(stateOf({ text: draft }, modelReady), ...infillActions.slice(0, 2));
    expect(refusalOf(half, { type })).toBe('The text is not filled yet.');
  },
);

test('a recording is played, whatever its temperature was', () => {
  expect(refusalOf(stateOf({ isReplay: true }), { type: 'fill' })).toBeUndefined();
});
