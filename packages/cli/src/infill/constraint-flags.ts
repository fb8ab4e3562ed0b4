// The flags that say what the fills of gaps must be, and what they ask for.
import type { GapConstraint } from '@maria/core';
import { DataError, UsageError } from '@maria/core/errors';
import { parseJson } from '@maria/core/json';
import { readBias } from '@maria/core/read-bias';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { defined } from '../flags.js';
import { openSource, readLines, readWhole, refuseStdinTwice, textOfLine } from '../input.js';
import { decodeUtf8 } from '../utf8.js';

const FILLS = 'WHAT FILLS ARE';

export const constraintFlags = {
  choices: Flags.string({
    helpGroup: FILLS,
    helpValue: 'TEXTS',
    summary:
      'Fill each gap with one of these texts, with commas between them. A gap that tells no length, [MASK], may have any that --choices, --regex, --words, --characters or --json-schema allow, up to --max-length.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'choices-file': Flags.string({
    helpGroup: FILLS,
    helpValue: 'FILE',
    summary: 'Fill each gap with one of the lines of FILE.',
    exclusive: ['choices'],
  }),
  regex: Flags.string({
    helpGroup: FILLS,
    helpValue: 'PATTERN',
    summary:
      'Fill each gap with what matches PATTERN as a whole: a regular expression of JavaScript. At its end (?=…) and (?!…) look at the text after the gap.',
  }),
  words: Flags.string({
    helpGroup: FILLS,
    helpValue: 'N',
    summary: 'Fill each gap with N words, such as 2 or 1-3, and one space between them.',
  }),
  characters: Flags.string({
    helpGroup: FILLS,
    helpValue: 'N',
    summary: 'Fill each gap with N characters, such as 5 or 5-9.',
  }),
  'json-schema': Flags.string({
    helpGroup: FILLS,
    helpValue: 'FILE',
    summary: 'Fill each gap with JSON that fits the JSON Schema in FILE.',
  }),
  ban: Flags.string({
    helpGroup: FILLS,
    helpValue: 'TEXTS',
    summary: 'Fill no gap with anything that holds one of these texts, with commas between them.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  case: Flags.option({
    helpGroup: FILLS,
    helpValue: 'NAME',
    summary:
      'Letters of fills: lower (none is a capital), upper (all are) or title (words begin with one, and have no other).',
    options: ['lower', 'upper', 'title'] as const,
  })(),
  bias: Flags.string({
    helpGroup: FILLS,
    helpValue: 'TEXT:X',
    summary:
      'Add X to the logit of the token that TEXT is complete with: above 0 makes it more probable. Several have commas between them.',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
};

type ConstraintFlags = InferredFlags<typeof constraintFlags>;

/** Flags with which a gap that tells no length may have any. */
export function describesFills(flags: ConstraintFlags): boolean {
  const names = ['choices', 'choices-file', 'regex', 'words', 'characters', 'json-schema'] as const;
  return names.some((name) => flags[name] !== undefined);
}

/**
 * What the flags ask of all gaps; undefined where they ask nothing. What it means is checked by the engine.
 * @param texts what the command reads, so that standard input is read once
 * @throws MariaError for a file that cannot be read, or is no JSON, and for a bias without a number
 */
export async function askedByFlags(
  flags: ConstraintFlags,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<GapConstraint | undefined> {
  const { choices, regex, words, characters, ban, bias } = flags;
  const [choicesFile, schemaFile] = [flags['choices-file'], flags['json-schema']];
  refuseStdinTwice(
    [...texts, ...[choicesFile, schemaFile].filter((file) => file !== undefined)],
    'read what fills must be',
  );
  const asked = defined({
    choices: choicesFile === undefined ? choices : await linesOf(choicesFile, signal),
    regex,
    words,
    characters,
    schema: schemaFile === undefined ? undefined : await jsonOf(schemaFile, signal),
    ban,
    case: flags.case,
    bias: bias?.map(biasOf),
  });
  return Object.keys(asked).length === 0 ? undefined : asked;
}

async function linesOf(path: string, signal: AbortSignal): Promise<string[]> {
  const source = openSource(path, signal);
  const lines: string[] = [];
  for await (const line of readLines(source.bytes)) {
    const text = textOfLine(line, source.name);
    if (text !== '') lines.push(text);
  }
  if (lines.length === 0)
    throw new DataError('empty-text', `Cannot choose from ${source.name}: there is no text in it.`, {
      try: 'Give a file with a choice on each line.',
    });
  return lines;
}

async function jsonOf(path: string, signal: AbortSignal): Promise<unknown> {
  const source = openSource(path, signal);
  const text = decodeUtf8(await readWhole(source), source.name);
  try {
    return parseJson(text);
  } catch (error) {
    throw new UsageError(
      'schema-invalid',
      `Cannot read the JSON Schema in ${source.name}: it is not JSON (${(error as Error).message.slice(0, 160)}).`,
      { try: 'Give a file that holds one JSON Schema.', cause: error },
    );
  }
}

function biasOf(given: string): readonly [text: string, by: number] {
  const bias = readBias(given);
  if (bias === undefined)
    throw new UsageError(
      'constraint-invalid',
      `Cannot read the bias ${JSON.stringify(given)}: it is not a text, a colon and a number.`,
      { try: 'maria infill --bias "very:-2" "It was a [MASK] day."' },
    );
  return bias;
}
