// Fills of which something is asked: with tokenizers of each kind, and with the command on the embedded pair.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelVocabulary } from '@maria/checkpoints';
import { type GapConstraint, infill, type Model, randomKey } from '@maria/core';
import { afterAll, describe, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';
import { openVocabulary, testFolder } from './tokenizer-files.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-constraints-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A masked model that knows nothing: its logits are noise. */
function noise(vocabulary: ModelVocabulary, seed: number): Model {
  const key = randomKey(seed);
  let calls = 0;
  const rows = vocabulary.size;
  return {
    mlm: {
      encode: async (sequences: readonly Int32Array[]) =>
        sequences.map(({ length }) => ({ rows: length, columns: 1, data: new Float32Array(length) })),
      hiddenSize: 1,
      vocabularySize: rows,
      maxLength: 4096,
    },
    experts: {
      mlm: {
        logits: async () => {
          const call = calls++;
          return {
            rows: 1,
            columns: rows,
            data: Float32Array.from({ length: rows }, (_, id) => key.uniform(call, id)),
          };
        },
      },
    },
    vocabularySize: rows,
    vocabulary,
    alignment: { arPrefix: [], mlmPrefix: [], mlmSuffix: [] },
    findNonFiniteTensor: async () => undefined,
    dispose: () => {},
  } as unknown as Model;
}

const tokenizers = [
  'goldens/tokenizer_mlm',
  ...['ettin_mlm', 'gemma_mlm', 'gemma_mlm_prefix', 'llama3_mlm'].map(
    (name) => `goldens-families/tokenizers/${name}`,
  ),
];

describe.each(tokenizers)('with the tokenizer %s', (name) => {
  const vocabulary = openVocabulary(`${testFolder}${name}`);
  const around: [string, string][] = [
    ['The ', ' sat.'],
    ['', ' sat.'],
    ['He said "', '".'],
    ['one\n', '\ntwo'],
    ['a\t', ''],
    ['two  ', '  more'],
    ['un', 'ly'],
  ];
  const asked: [GapConstraint, RegExp][] = [
    [{ regex: '[a-z]+(?: [a-z]+)*' }, /^[a-z]+(?: [a-z]+)*$/],
    [{ regex: '[0-9]{2,4}:[0-9]{2,4}' }, /^[0-9]{2,4}:[0-9]{2,4}$/],
    [{ characters: '5-9' }, /^.{5,9}$/u],
    [{ regex: '\\p{L}{3,}', case: 'title' }, /^[\p{Lu}\p{Lt}\p{Lo}\p{Lm}][^\p{Lu}\p{Lt}]{2,}$/u],
    [{ words: 2 }, /^[^ ]+ [^ ]+$/],
    [{ choices: ['dark green', 'naïve café', 'straße'] }, /^(?:dark green|naïve café|straße)$/],
    [{ schema: { type: 'array', items: { type: 'integer' }, minItems: 1 } }, /^\[-?\d+(?:, ?-?\d+)*\]$/],
  ];
  test.each(asked)('%j is what is printed, whatever stands before', async (constraint, pattern) => {
    let filled = 0;
    for (const [seed, [before, after]] of around.entries())
      for (const length of [5, 7]) {
        const steps = infill(noise(vocabulary, seed), `${before}[MASK*${length}]${after}`, {
          system: 'mlm',
          temperature: 1,
          seed,
          lineBreaks: false,
          constraint,
        });
        try {
          let step = await steps.next();
          while (!step.done) step = await steps.next();
          const { text, gaps } = step.value.samples[0]!;
          expect(gaps[0]!.text, `${before}|${length}`).toMatch(pattern);
          expect(gaps[0]!.ids).toHaveLength(length);
          expect(text).toBe(before + gaps[0]!.text + after);
          filled++;
        } catch (error) {
          if ((error as { code?: string }).code !== 'constraint-unsatisfiable') throw error;
        }
      }
    expect(filled).toBeGreaterThanOrEqual(around.length);
  });
});

const words = ['boat', 'girl', 'dog', 'hill'];
const constraints: object[] = [
  { choices: ['red', 'dark green', 'very, very blue'] },
  { regex: '[A-Z][a-z]{2,8}' },
  { words: 2, ban: ['the'] },
  { characters: '5-9', case: 'lower', bias: { happy: 3 } },
];
const records = Array.from({ length: 8 }, (_, i) => ({
  id: i,
  text: `One day a [MASK] saw the ${words[i % 4]} near [MASK*3] and the [MASK*2][MASK*2] was ${'so '.repeat(i % 3)}big.`,
  gaps: [constraints[i % 4], constraints[(i + 1) % 4], {}, { ban: ['and'] }],
}));

test('the same bytes with and without drafts, one record at a time or sixteen, and all as asked', async () => {
  const input = records.map((record) => JSON.stringify(record)).join('\n');
  const run = async (...args: string[]) =>
    (await maria(['infill', '--jsonl', '--seed', '5', ...args], { input })).stdout;
  const alone = await run('--batch', '1', '--speculate', 'off');
  expect(await run('--batch', '16', '--speculate', '4')).toBe(alone);
  expect(await run('--batch', '1', '--speculate', 'auto')).toBe(alone);
  const filled = recordsIn<{ gaps: { text: string; legalMass?: number[] }[] }>(alone);
  expect(filled).toHaveLength(records.length);
  for (const [i, { gaps }] of filled.entries())
    for (const [k, at] of [i, i + 1].entries()) {
      expect(gaps[k]!.legalMass!.every((mass) => mass > 0 && mass <= 1)).toBe(true);
      expect(gaps[k]!.text).toMatch(
        [/^(?:red|dark green|very, very blue)$/, /^[A-Z][a-z]{2,8}$/, /^\S+ \S+$/, /^[^\p{Lu}]{5,9}$/u][
          at % 4
        ]!,
      );
    }
});

test('a bad flag ends the command before any text is filled, a bad field is the error of its record', async () => {
  const schema = join(folder, 'schema.json');
  writeFileSync(schema, '{"type": "strin"}');
  const bad: [string[], string][] = [
    [['--words', '3-2'], 'Cannot constrain the gaps: key "words" is "3-2": 3 is above 2.'],
    [
      ['--regex', '(a'],
      'Cannot constrain a gap: the regular expression "(a" does not work (Unterminated group).',
    ],
    [
      ['--regex', '(?:a{1000}){1000}'],
      'Cannot constrain a gap: the regular expression has more than 8192 states.',
    ],
    [['--bias', 'very'], 'Cannot read the bias "very": it is not a text, a colon and a number.'],
    [
      ['--json-schema', schema],
      'Cannot constrain the gaps: its JSON Schema has the type "strin", and there is none of this name (at #).',
    ],
    [
      ['--choices', 'red', '--case', 'upper'],
      'Cannot fill gap 1: no fill of up to 64 tokens is as asked (choices, case).',
    ],
  ];
  for (const [flags, message] of bad) {
    const { status, stdout, stderr } = await maria(['infill', ...flags, 'A [MASK] day.']);
    expect([status, stdout, stderr.split('\n')[0]]).toEqual([2, '', message]);
  }
  const input =
    '{"text":"a [MASK]","gaps":[{"wrds":2}]}\n{"text":"A [MASK] day.","gaps":[{"choices":["sunny"]}]}\n';
  const { status, stdout } = await maria(['infill', '--jsonl'], { input });
  expect(status).toBe(1);
  expect(recordsIn(stdout)).toMatchObject([
    { error: { message: 'Cannot read what gap 1 must be: key "wrds": there is no such key.' } },
    { text: 'A sunny day.' },
  ]);
});
