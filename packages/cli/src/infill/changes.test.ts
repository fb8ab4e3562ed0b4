// The unified diff of what was filled: applied as a patch, it makes of the input what plain output would be.
import { applyPatch } from 'diff';
import { expect, test } from 'vitest';
import { Changes } from './changes.js';
import type { GivenText } from './texts.js';

const lineOf = (input: string, number: number, ending = '\n'): GivenText => ({
  index: number - 1,
  identity: {},
  input,
  ending,
  line: { source: 'standard input', number },
});

const filled = (...texts: string[]) => texts.map((text, sample) => ({ sample, text }));

test('lines are one patch, which makes of the input what plain output is', () => {
  const changes = new Changes(1);
  const given = ['no gap', 'a [MASK]', 'b [MASK]', 'none', 'c [MASK]'];
  const texts = ['no gap', 'a cat', 'b\ndog', 'none', 'c end'];
  const patch = given.map((text, i) => changes.of(lineOf(text, i + 1), filled(texts[i]!))).join('');
  expect(patch).toBe(
    [
      '--- standard input',
      '+++ standard input, filled',
      '@@ -2 +2 @@',
      '-a [MASK]',
      '+a cat',
      '@@ -3 +3,2 @@',
      '-b [MASK]',
      '+b',
      '+dog',
      '@@ -5 +6 @@',
      '-c [MASK]',
      '+c end',
      '',
    ].join('\n'),
  );
  expect(applyPatch(`${given.join('\n')}\n`, patch)).toBe(`${texts.join('\n')}\n`);
});

test('a whole text keeps three lines around a change, and the end that it has', () => {
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);
  const text = (word: string) => lines.with(9, word).join('\r\n');
  const given: GivenText = { index: 0, identity: {}, input: text('a [MASK]'), ending: '' };
  const patch = new Changes(1).of(given, filled(text('a word')));
  expect(patch.split('\n')[2]).toBe('@@ -7,7 +7,7 @@');
  expect(applyPatch(text('a [MASK]'), patch)).toBe(text('a word'));
});

test('a last line without a line ending stays one', () => {
  const given: GivenText = {
    ...lineOf('b [MASK]', 2),
    line: { source: 'standard input', number: 2, isUnended: true },
  };
  const patch = new Changes(1).of(given, filled('b dog'));
  expect(applyPatch('a\nb [MASK]', patch)).toBe('a\nb dog');
});

test('each sample, and each text of the command line, has a name of its own', () => {
  const changes = new Changes(2);
  const text = (index: number): GivenText => ({ index, identity: {}, input: 'a [MASK]', ending: '\n' });
  const patch = [text(0), text(1)].map((given) => changes.of(given, filled('a cat', 'a dog'))).join('');
  expect(patch.match(/^\+\+\+ .*$/gm)).toEqual([
    '+++ text 1, filled, sample 1',
    '+++ text 1, filled, sample 2',
    '+++ text 2, filled, sample 1',
    '+++ text 2, filled, sample 2',
  ]);
  const single = new Changes(1);
  expect(single.of(text(0), filled('a cat')) + single.of(lineOf('b [MASK]', 1), filled('b'))).toMatch(
    /^--- text 1\n[\s\S]*--- standard input\n/,
  );
  expect(new Changes(1).of(text(0), filled('a [MASK]'))).toBe('');
});
