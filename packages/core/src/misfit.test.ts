// What is said of JSON that does not fit a schema: no word of it is the schema library's.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { misfit } from './misfit.js';

const size = z.number().int().positive();
const schema = z
  .object({
    size,
    layers: size.max(1000).default(12),
    heads: size.nullish(),
    rate: z.number().min(0).max(1).default(0),
    half: z.number().min(0).lt(0.5).default(0),
    ids: z.array(z.number().int().nonnegative()).min(1).default([0]),
    end: z
      .union([z.number().int(), z.array(z.number().int())])
      .nullish()
      .transform((id) => (Array.isArray(id) ? id[0] : id)),
    act: z.enum(['gelu', 'relu']).default('gelu'),
    decoder: z.literal(false).default(false),
    version: z.literal([1, 2]).default(1),
    tie: z.boolean().default(true),
    name: z.string().min(1).default('x'),
    note: z.string().default(''),
    pair: z.tuple([z.string(), z.number()]).default(['', 0]),
    nothing: z.null().default(null),
    rope: z
      .partialRecord(z.enum(['full', 'sliding']), z.looseObject({ theta: z.number().positive().nullish() }))
      .nullish(),
    table: z.custom<object>((value) => typeof value === 'object').optional(),
    places: z.array(z.strictObject({ path: z.string() })).default([]),
    bias: z.record(z.string().regex(/^\d+$/), z.number()).default({}),
    scaling: z
      .unknown()
      .refine((value) => value === undefined, 'scaling is not done here')
      .optional(),
  })
  .transform((all) => all);

function said(value: unknown, of: z.ZodType = schema): string {
  const { error } = of.safeParse(value);
  return misfit(of, value, error!);
}

describe('misfit', () => {
  it.each([
    [{ size: 'x' }, 'key "size": it must be a whole number above 0, and is "x"'],
    [{ size: 0 }, 'key "size": it must be a whole number above 0, and is 0'],
    [{ size: 1.5 }, 'key "size": it must be a whole number above 0, and is 1.5'],
    [{ size: 1e300 }, 'key "size": it must be a whole number above 0, and is 1e+300'],
    [{ size: null }, 'key "size": it must be a whole number above 0, and is null'],
    [{}, 'key "size": it must be a whole number above 0, and is missing'],
    [
      { size: 1, layers: 1e9 },
      'key "layers": it must be a whole number above 0 and of at most 1000, and is 1000000000',
    ],
    [{ size: 1, heads: [] }, 'key "heads": it must be a whole number above 0, and is an empty list'],
    [{ size: 1, rate: 2 }, 'key "rate": it must be a number of at least 0 and of at most 1, and is 2'],
    [{ size: 1, half: 1 }, 'key "half": it must be a number of at least 0 and below 0.5, and is 1'],
    [
      { size: 1, ids: [] },
      'key "ids": it must be a list of whole numbers that is not empty, and is an empty list',
    ],
    [{ size: 1, ids: [3, -1] }, 'key "ids.1": it must be a whole number of at least 0, and is -1'],
    [{ size: 1, end: 'x' }, 'key "end": it must be a whole number or a list of whole numbers, and is "x"'],
    [{ size: 1, act: 'mish' }, 'key "act": it must be one of "gelu", "relu", and is "mish"'],
    [{ size: 1, decoder: true }, 'key "decoder": it must be false, and is true'],
    [{ size: 1, version: 3 }, 'key "version": it must be one of 1, 2, and is 3'],
    [{ size: 1, bias: { a: 1 } }, 'key "bias.a": there is no such key'],
    [{ size: 1, tie: 1 }, 'key "tie": it must be true or false, and is 1'],
    [{ size: 1, name: '' }, 'key "name": it must be text that is not empty, and is ""'],
    [{ size: 1, note: 1 }, 'key "note": it must be text, and is 1'],
    [{ size: 1, pair: ['a', 'b'] }, 'key "pair.1": it must be a number, and is "b"'],
    [{ size: 1, nothing: {} }, 'key "nothing": it must be null, and is an object'],
    [
      { size: 1, rope: { full: { theta: -1 } } },
      'key "rope.full.theta": it must be a number above 0, and is -1',
    ],
    [{ size: 1, rope: { other: {} } }, 'key "rope.other": there is no such key'],
    [{ size: 1, places: [{ path: 'a' }, {}] }, 'key "places.1.path": it must be text, and is missing'],
    [{ size: 1, places: [{ path: 'a', b: 1 }] }, 'key "places.0.b": there is no such key'],
    [{ size: 1, table: 3 }, 'key "table": it does not fit, and is 3'],
    [{ size: 1, scaling: 2 }, 'key "scaling": scaling is not done here'],
    [[], 'it must be an object, and is an empty list'],
    ['x', 'it must be an object, and is "x"'],
  ])('%j', (value, words) => {
    expect(said(value)).toBe(words);
  });

  it('tells of the member of a union that is meant', () => {
    const event = z.discriminatedUnion('type', [
      z.object({ type: z.literal('start'), at: z.number() }),
      z.object({ type: z.literal('end'), at: z.string() }),
    ]);
    expect(said({ type: 'end', at: 1 }, event)).toBe('key "at": it must be text, and is 1');
    expect(said({ type: 'middle' }, event)).toBe(
      'key "type": it must be one of "start", "end", and is "middle"',
    );
  });

  it('calls a key as the file does, and shows no control characters', () => {
    const value = { size: '\u001b[2J\u009b'.padEnd(500, 'x') };
    const words = misfit(schema, value, schema.safeParse(value).error!, () => 'hidden_size');
    expect(words).toMatch(/^key "hidden_size": it must be .*, and is "\\u001b\[2J\\u009bx+…$/);
    expect(words.length).toBeLessThan(160);
  });
});
