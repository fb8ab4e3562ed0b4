// The fields of a gap on the page as those of a record.
import { expect, test } from 'vitest';
import { type AskedOfGap, fieldsOf, nothingAsked } from './asked-of-gap.js';

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
  expect(fieldsOf({ ...nothingAsked, ...asked })).toEqual(fields);
});

test('a schema that is no JSON is refused', () => {
  expect(() => fieldsOf({ ...nothingAsked, kind: 'schema', value: '{' })).toThrow(SyntaxError);
});
