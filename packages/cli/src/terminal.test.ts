// When output is coloured.
import { expect, test } from 'vitest';
import { paint, usesColor } from './terminal.js';

const stdout = { toFile: false };

test.each([
  ['on a terminal', {}, true, true],
  ['in a pipe', {}, false, false],
  ['on a terminal that cannot', { TERM: 'dumb' }, true, false],
  ['with NO_COLOR', { NO_COLOR: '1' }, true, false],
  ['with an empty NO_COLOR', { NO_COLOR: '' }, true, true],
  ['with FORCE_COLOR in a pipe', { FORCE_COLOR: '1' }, false, true],
  ['with FORCE_COLOR=0 on a terminal', { FORCE_COLOR: '0' }, true, false],
  ['with both', { FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
])('auto %s', (_, env, isTerminal, expected) => {
  expect(usesColor('auto', stdout, env, isTerminal)).toBe(expected);
});

test('a choice is followed, and a file gets no colour of itself', () => {
  expect(usesColor('always', { toFile: true }, { NO_COLOR: '1' }, false)).toBe(true);
  expect(usesColor('never', stdout, { FORCE_COLOR: '1' }, true)).toBe(false);
  expect(usesColor('auto', { toFile: true }, { FORCE_COLOR: '1' }, true)).toBe(false);
});

test('line breaks stay outside of the colour', () => {
  expect(paint('one\ntwo', 'red')).toBe('\u001b[31mone\u001b[39m\n\u001b[31mtwo\u001b[39m');
  expect(paint('', 'red')).toBe('');
});
