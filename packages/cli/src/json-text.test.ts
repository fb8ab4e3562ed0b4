// JSON in parts: together the text of JSON.stringify, and none of them long.
import { expect, it } from 'vitest';
import { jsonText } from './json-text.js';

const numbers = Array.from({ length: 20_000 }, (_, i) => i / 3);
const values: Record<string, unknown> = {
  'a small object': { a: [1, { b: null }], c: undefined, d: 'é\u2028"' },
  'nothing long': [],
  numbers,
  objects: numbers.map((n) => ({ n, tokens: [{ id: n, text: `"${n}\\` }] })),
  'a record of samples': {
    id: 7,
    samples: [
      { gaps: [{ alternatives: numbers }, { alternatives: [] }], ids: numbers },
      { gaps: [], x: undefined },
    ],
    excluded: [],
    last: undefined,
  },
  'many fields': Object.fromEntries(numbers.map((n) => [`"${n}"`, [n]])),
  'fields that are left out': { first: undefined, [`a${'"'.repeat(9)}`]: numbers, b: undefined },
  'holes and what is no number': [numbers, undefined, Number.NaN, Number.POSITIVE_INFINITY, -0],
  'a field of its own': JSON.parse(`{"__proto__": [${numbers}], "x": 1}`),
  'long strings': [numbers.join(), { text: numbers.join().repeat(3) }, 'x'],
};

it.each(Object.entries(values))('are what JSON.stringify writes: %s', (_, value) => {
  expect([...jsonText(value)].join('')).toBe(JSON.stringify(value));
});

it('are one for a small value, and small ones for a large value', () => {
  expect([...jsonText(values['a small object'])]).toHaveLength(1);
  for (const name of ['numbers', 'objects', 'a record of samples', 'many fields']) {
    const longest = Math.max(...[...jsonText(values[name])].map(({ length }) => length));
    expect(longest, name).toBeLessThan(JSON.stringify(values[name]).length / 2);
  }
});
