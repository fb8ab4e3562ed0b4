// Constraints as they are typed: read, written again, and refused with the field.
import { expect, test } from 'vitest';
import type { GapConstraint } from './constraint.js';
import { constraintOfTexts, textsOfConstraint } from './constraint-texts.js';

test('each field is read as its flag is', () => {
  const texts = {
    choices: 'red, dark green,a\\,b',
    regex: ' [0-9]+ ',
    words: ' 1-3 ',
    characters: '5',
    schema: '{"type":"integer"}',
    ban: 'the',
    case: 'title',
    bias: 'very:-2, a:b:+1.5',
  };
  expect(constraintOfTexts(texts, 'gap 1')).toEqual({
    choices: ['red', 'dark green', 'a,b'],
    regex: ' [0-9]+ ',
    words: '1-3',
    characters: '5',
    schema: { type: 'integer' },
    ban: ['the'],
    case: 'title',
    bias: [
      ['very', -2],
      ['a:b', 1.5],
    ],
  });
  expect(constraintOfTexts({ choices: ' ', regex: '' }, 'gap 1')).toEqual({});
});

test.each<GapConstraint>([
  { choices: ['red', 'dark green'] },
  { choices: ['a,b', ' c', '[d', 'e\\'] },
  { ban: ['the', 7], words: 2 },
  { bias: { very: -2 }, case: 'upper' },
  { bias: [['very', -2]], schema: { enum: [1, 'x'] } },
  { regex: '[a-z], "b"' },
])('%j is the same once it was written', (asked) => {
  const read = constraintOfTexts(textsOfConstraint(asked), 'gap 1');
  expect(read).toEqual('words' in asked ? { ...asked, words: String(asked.words) } : asked);
});

test.each([
  [{ words: '0' }, 'key "words" must be a number or a range such as "1-3", from 1 to 65536, and is "0"'],
  [{ characters: '9-5' }, 'key "characters" is "9-5": 9 is above 5'],
  [{ case: 'Upper' }, 'key "case": it must be one of "lower", "upper", "title", and is "Upper"'],
  [{ bias: 'very' }, 'key "bias": "very" is not a text, a colon and a number'],
  [{ choices: 'a,,b' }, 'key "choices.1": it must be text that is not empty'],
  [{ choices: '[1' }, 'key "choices" is not JSON'],
  [{ schema: '{' }, 'key "schema" is not JSON'],
])('%j is refused', (texts, reason) => {
  expect(() => constraintOfTexts(texts, 'gap 3')).toThrow(`Cannot constrain gap 3: ${reason}`);
});
