// What may be asked of the fill of a gap, as users write it.
import { z } from 'zod';
import { UsageError } from '../errors.js';
import { misfit } from '../misfit.js';

/** All of it holds at once. */
export interface GapConstraint {
  /** The fill is one of these texts. */
  readonly choices?: readonly string[] | undefined;
  /** The whole fill matches this regular expression: one of JavaScript's, without looking around or back, but for (?=…) and (?!…) at its end. */
  readonly regex?: string | undefined;
  /** So many words, `2` or `'1-3'`: letters, digits, and hyphens and apostrophes between them, with one space between words. */
  readonly words?: number | string | undefined;
  /** So many characters (Unicode code points), `7` or `'5-9'`. */
  readonly characters?: number | string | undefined;
  /** The fill is JSON that fits this JSON Schema. */
  readonly schema?: unknown;
  /** The fill holds none of these texts; numbers are ids of tokens that are not used. */
  readonly ban?: readonly (string | number)[] | undefined;
  /** No upper-case letters; no lower-case letters; or words that begin with an upper-case letter, and have no other. */
  readonly case?: 'lower' | 'upper' | 'title' | undefined;
  /** What is added to the logits of tokens: by the text that is complete with them, or by their id. */
  readonly bias?:
    | Readonly<Record<string, number>>
    | readonly (readonly [text: string | number, by: number])[]
    | undefined;
}

const tokenId = z.int().nonnegative();
const count = z.union([z.int().positive(), z.string()]);
const text = z.string().min(1);

/** Its fields, for whoever reads them among others. */
export const constraintShape = {
  choices: z.array(text).min(1).optional(),
  regex: text.optional(),
  words: count.optional(),
  characters: count.optional(),
  schema: z.unknown().optional(),
  ban: z
    .array(z.union([text, tokenId]))
    .min(1)
    .optional(),
  case: z.enum(['lower', 'upper', 'title']).optional(),
  bias: z
    .union([z.record(text, z.number()), z.array(z.tuple([z.union([text, tokenId]), z.number()]))])
    .optional(),
};

const schema = z.strictObject(constraintShape);

/** The fields of a constraint. */
export const constraintFields = Object.keys(constraintShape) as (keyof GapConstraint)[];

/** @throws UsageError `constraint-invalid` with the place of what does not fit: `of` says whose constraint it is */
export function readConstraint(value: unknown, of: string): GapConstraint {
  const read = schema.safeParse(value);
  if (!read.success) throw invalid(of, misfit(schema, value, read.error));
  const { words, characters } = read.data;
  for (const [name, given] of Object.entries({ words, characters }))
    if (given !== undefined) readCount(given, `key "${name}"`, of);
  return read.data as GapConstraint;
}

export function invalid(of: string, fact: string): UsageError {
  return new UsageError('constraint-invalid', `Cannot constrain ${of}: ${fact}.`);
}

const mostCounted = 2 ** 16;

/** `2` or `'1-3'`. */
export function readCount(given: number | string, name: string, of: string): { min: number; max: number } {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(String(given)) ?? [];
  const [min, max] = [Number(from), Number(to)];
  if (from === undefined || min < 1 || max > mostCounted)
    throw invalid(
      of,
      `${name} must be a number or a range such as "1-3", from 1 to ${mostCounted}, and is ${JSON.stringify(given)}`,
    );
  if (min > max) throw invalid(of, `${name} is ${JSON.stringify(given)}: ${min} is above ${max}`);
  return { min, max };
}
