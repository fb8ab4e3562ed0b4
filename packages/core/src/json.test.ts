// JSON of strangers: as JSON.parse reads it, but not nested without an end.
import { describe, expect, it } from 'vitest';
import { parseJson, readJson } from './json.js';

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

it('refuses more fields than are wanted, of any object', () => {
  const text = '{"a": 1, "b:::": {"c": ":", "d": 2, "e": 3}}';
  expect(parseJson(text, { fields: 3 })).toEqual(JSON.parse(text));
  expect(() => parseJson(text, { fields: 2 })).toThrow('an object in it has more than 2 fields');
});

describe('a long text', () => {
  const numbers = Array.from({ length: 60_000 }, (_, i) => i - 7);
  const name = 'a "name" \\ with: {brackets], '.repeat(4000);
  const values = {
    numbers,
    'lists in lists': [numbers.map((n) => [n, [n]]), [], [[numbers]], numbers],
    objects: numbers.map((n) => ({ n, text: `${n}, "\\` })),
    wide: Object.fromEntries(numbers.map((n) => [`:${n}`, { n }])),
    'a long string': name,
    'fields that come last': { first: 1, [name]: numbers, '': {}, last: [numbers, 'x', name] },
    'a field of its own': JSON.parse(`{"__proto__": [${numbers}], "x": {"__proto__": 1}}`),
    'fields that come twice': '{"a": 1, "b": 2, "a": {}}',
  };

  it.each(Object.entries(values))('is read as JSON.parse reads it: %s', async (_, value) => {
    for (const text of [JSON.stringify(value), JSON.stringify([1, value, name], undefined, 1)]) {
      const read = await readJson(` ${text}\n`);
      expect(read).toStrictEqual(JSON.parse(text));
      expect(Object.getPrototypeOf(read)).toBe(Object.getPrototypeOf(JSON.parse(text)));
      // In the same order too.
      expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(text)));
    }
    const blanks = ' '.repeat(2 ** 17);
    for (const text of [
      `[${blanks}]`,
      `{${blanks}}`,
      `${blanks}[1,${blanks}2]`,
      `{"a":${blanks}{}}${blanks}`,
    ])
      expect(await readJson(text)).toStrictEqual(JSON.parse(text));
  });

  it('is refused where JSON.parse refuses it', async () => {
    const long = `[${numbers}]`;
    const bad = [
      ...[`[${long},]`, `[,${long}]`, `[${long},,1]`, `[${long} 1]`, `[1 ${long}]`, `[${long}`, `${long}]`],
      ...[
        `{"a":${long},}`,
        `{,"a":${long}}`,
        `{"a":${long},,"b":1}`,
        `{a:${long}}`,
        `{1:${long}}`,
        `{:${long}}`,
      ],
      ...[
        `{"a" ${long}}`,
        `{${long}}`,
        `{"a":1:${long}}`,
        `["a":${long}]`,
        `["a":1,${long}]`,
        `{"a":${long}]`,
      ],
      ...[
        `[${long}}`,
        `${long},${long}`,
        `${long} x`,
        `x ${long}`,
        `[${long},"x]`,
        `[${long.slice(0, -1)}}]`,
      ],
      ...[`{"a":${long}}{`, `[${long}${long}]`, `[${long},01]`, `"${name}`, `nul${' '.repeat(2 ** 17)}`],
    ];
    for (const text of bad) {
      expect(() => JSON.parse(text)).toThrow(SyntaxError);
      await expect(readJson(text), `${text.slice(0, 9)}…${text.slice(-9)}`).rejects.toThrow(SyntaxError);
    }
  });

  it('has bounds as a short one has', async () => {
    const deep = `[${numbers},${nested(100)}]`;
    await expect(readJson(deep)).rejects.toThrow('it is nested deeper than 100 levels');
    await expect(readJson(JSON.stringify(values.wide), { fields: 59_999 })).rejects.toThrow('fields');
    await expect(readJson(JSON.stringify([values.wide]), { fields: 59_999 })).rejects.toThrow('fields');
    expect(await readJson(JSON.stringify([values.wide]), { fields: 60_000 })).toEqual([values.wide]);
  });

  it('leaves turns to others while it is read', async () => {
    let turns = 0;
    let isRead = false;
    const count = () => {
      turns++;
      if (!isRead) setImmediate(count);
    };
    setImmediate(count);
    await readJson(JSON.stringify([values.objects, values.wide]));
    isRead = true;
    expect(turns).toBeGreaterThan(20);
  });
});
