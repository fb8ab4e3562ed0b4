// JSON of strangers: as JSON.parse reads it, but not nested without an end.
import { expect, it } from 'vitest';
import { parseJson } from './json.js';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

it('reads JSON, and refuses what is no JSON or too deep', () => {
  expect(parseJson('{"a": [1, {"b": null}]}')).toEqual({ a: [1, { b: null }] });
  expect(parseJson(nested(100))).toBeInstanceOf(Array);
  for (const levels of [101, 200_000])
    expect(() => parseJson(nested(levels))).toThrow(new SyntaxError('it is nested deeper than 100 levels'));
  expect(() => parseJson(`{"a": ${'{"b":'.repeat(200)}1${'}'.repeat(200)}}`)).toThrow(SyntaxError);
  expect(() => parseJson('{')).toThrow(SyntaxError);
  // What stands in strings is not nested, whatever they end in.
  for (const text of ['['.repeat(200), '"'.repeat(9), '\\'.repeat(7), `\\"${'{'.repeat(200)}\\`])
    expect(parseJson(JSON.stringify([text, { [text]: 1 }]))).toEqual([text, { [text]: 1 }]);
  expect(() => parseJson(JSON.stringify(['"\\', JSON.parse(nested(100))]))).toThrow(/deeper/);
  expect(() => parseJson('["')).toThrow(SyntaxError);
});

it('refuses more fields than are wanted, of the outermost object', () => {
  const text = '{"a": 1, "b:::": {"c": ":", "d": 2, "e": 3}}';
  expect(parseJson(text, { fields: 2 })).toEqual(JSON.parse(text));
  expect(() => parseJson(text, { fields: 1 })).toThrow(new SyntaxError('it has more than 1 fields'));
});
