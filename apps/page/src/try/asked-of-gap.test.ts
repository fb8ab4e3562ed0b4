// The fields of a gap on the page as those of a record.
import { parseGaps } from '@maria/core/gaps';
import { expect, test } from 'vitest';
import { type AskedOfGap, askedAfter, fieldsOf, nothingAsked } from './asked-of-gap.js';

test.each<[Partial<AskedOfGap>, object]>([
  [{}, {}],
  [
    { min: '2', max: '6' },
    { min: 2, max: 6 },
  ],
  [{ kind: 'choices', value: 'a b, c,, ' }, { choices: ['a b', 'c'] }],
  [{ kind: 'regex', value: 'a, b' }, { regex: 'a, b' }],
  [
    { kind: 'words', value: '1-3', letters: 'upper' },
    { words: '1-3', case: 'upper' },
  ],
  [{ kind: 'schema', value: '{"type":"integer"}' }, { schema: { type: 'integer' } }],
  [{ kind: 'regex', value: '', ban: 'x, y z' }, { ban: ['x', 'y z'] }],
])('%j', (asked, fields) => {
  expect(fieldsOf({ ...nothingAsked, ...asked }, 1)).toEqual(fields);
});

test('a schema that is no JSON is refused, and the gap is told', () => {
  expect(() => fieldsOf({ ...nothingAsked, kind: 'schema', value: '{' }, 3)).toThrow(
    'Cannot read what gap 3 must be: its JSON Schema is no JSON.',
  );
});

test.each([
  ['text before it', 'More. A [MASK] b [MASK*2].', 'ab'],
  ['text after all', 'A [MASK] b [MASK*2]. More.', 'ab'],
  ['a gap before', '[MASK] A [MASK] b [MASK*2].', '-ab'],
  ['a gap between', 'A [MASK] [MASK] b [MASK*2].', 'a-b'],
  ['a gap behind', 'A [MASK] b [MASK*2][MASK].', 'ab-'],
  ['a gap less', 'A  b [MASK*2].', 'b'],
  ['another length', 'A [MASK*4] b [MASK*2].', 'ab'],
  ['another text', 'None.', ''],
])('what is asked stays with its gap: %s', (_, edited, expected) => {
  const asked = ['a', 'b'].map((ban) => ({ ...nothingAsked, ban }));
  const after = askedAfter(asked, parseGaps('A [MASK] b [MASK*2].'), parseGaps(edited));
  expect(after.map(({ ban }) => ban || '-').join('')).toBe(expected);
});
