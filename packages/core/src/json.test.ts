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
});
