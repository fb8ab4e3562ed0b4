// JSON Schemas as regular expressions: what they make is JSON that fits, and what cannot be followed is refused by its name.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { moveBy } from './characters.js';
import { numbersOf, pick } from './random-pattern.test.support.js';
import { regexAutomaton } from './regex.js';
import { schemaPattern } from './schema.js';

const point = { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 3 };
const schemas: object[] = [
  { type: 'string', maxLength: 6 },
  { type: 'string', pattern: '^[a-c]{2}-[0-9]+$' },
  { type: 'string', format: 'date' },
  { type: 'string', format: 'uuid' },
  { type: 'integer', minimum: -3, maximum: 12 },
  { type: ['boolean', 'null'] },
  { enum: ['a"b', 1.5, null, '.*'] },
  { const: '[\\' },
  point,
  { type: 'array', items: { type: 'boolean' } },
  { anyOf: [{ type: 'integer', minimum: 1 }, { $ref: '#/$defs/point' }], $defs: { point } },
  { type: 'object', properties: {}, additionalProperties: false },
  {
    title: 'of which some may be left out',
    type: 'object',
    properties: { a: { type: 'boolean' }, b: { type: 'null' }, c: { const: 1 }, d: { type: 'boolean' } },
    required: ['b', 'c'],
    additionalProperties: false,
  },
  {
    type: 'object',
    properties: { a: { type: 'boolean' }, b: { type: 'null' } },
    additionalProperties: false,
  },
];

/** A text that the pattern takes, by random steps; undefined where it became too long. */
async function textOf(pattern: string, seed: number): Promise<string | undefined> {
  const automaton = await regexAutomaton(pattern);
  const next = numbersOf(seed);
  let text = '';
  for (let state = automaton.start; text.length < 200; ) {
    const moves = automaton.moves(state);
    if (automaton.accepts(state) && (moves.length === 0 || next() < 0.5)) return text;
    const at = 3 * Math.floor((next() * moves.length) / 3);
    const [first, last] = [moves[at]!, moves[at + 1]!];
    const character = pick([first, last, Math.min(last, first + Math.floor(40 * next()))], next);
    text += String.fromCodePoint(character);
    state = moveBy(moves, character)!;
  }
  return undefined;
}

test.each(schemas)('%j', async (schema) => {
  const pattern = schemaPattern(schema, 'the gap');
  const whole = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  const texts = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const text = await textOf(pattern, seed);
    // Half of a surrogate pair is no text; the bytes of a token never have one.
    if (text === undefined || /\p{Cs}/u.test(text)) continue;
    texts.add(text);
    expect(whole.safeParse(JSON.parse(text)).success, text).toBe(true);
  }
  expect(texts.size).toBeGreaterThan(0);
});

describe('refused', () => {
  const circle = { $ref: '#/$defs/a', $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } } };
  test.each<[unknown, string]>([
    ['text', 'is "text", which is none (at #)'],
    [{ type: 'strin' }, 'has the type "strin", and there is none of this name (at #)'],
    [{ properties: {} }, 'has no type (at #)'],
    [true, 'takes any value, which has no end (at #)'],
    [{ title: 'all' }, 'takes any value, which has no end (at #)'],
    [false, 'takes no value (at #)'],
    [circle, 'goes in circles (at #/$defs/a)'],
    [{ $ref: '#/$defs/b' }, 'refers to "#/$defs/b", which is not among its definitions (at #)'],
    [{ type: 'number', multipleOf: 3 }, 'asks for "multipleOf", which cannot be followed here (at #)'],
    [{ type: 'object', properties: { a: { oneOf: [] } } }, 'has no type (at #/properties/a)'],
    [{ type: 'string', minLength: 3, maxLength: 2 }, 'has minLength 3 above maxLength 2 (at #)'],
    [{ type: 'integer', minimum: 5, maximum: 2 }, 'has minimum 5 above maximum 2 (at #)'],
    [
      { type: 'integer', minimum: 5 },
      'has whole numbers without two bounds, or with more than 10000 between them (at #)',
    ],
    [{ type: 'string', format: 'email' }, 'has the format "email", which cannot be followed here (at #)'],
    [
      { type: 'string', pattern: 'a.b' },
      'has a pattern that is not of the form ^…$, or has ., [^…], quotes or backslashes (at #)',
    ],
    [
      { type: 'object', properties: {}, required: ['a'] },
      'requires what is not among its properties (at #/required)',
    ],
    [{ enum: [] }, 'has an enum that is no list of values (at #/enum)'],
  ])('%j', (schema, fact) => {
    expect(() => schemaPattern(schema, 'gap 2')).toThrow(`Cannot constrain gap 2: its JSON Schema ${fact}.`);
  });

  test('what is nested without end', () => {
    let schema: object = { type: 'null' };
    for (let depth = 0; depth < 2000; depth++) schema = { type: 'array', items: schema };
    expect(() => schemaPattern(schema, 'the gap')).toThrow('is too deep');
  });
});
