// docs/json.md shows what the commands really write: an example that names its command has the fields of a real record.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/json.md'), 'utf8');
const cache = mkdtempSync(join(tmpdir(), 'maria-json-'));
afterAll(() => rmSync(cache, { recursive: true }));
const env = { MARIA_CACHE: cache };

interface Example {
  readonly command: string;
  /** Which of the command's records it shows: a type of event, or `error`. */
  readonly which: string | undefined;
  readonly json: string;
}

/** Examples of output say by which command they were made: `<!-- maria infill --jsonl: which -->`. */
const examples = [...page.matchAll(/<!-- maria ([^:>]+?)(?:: ([\w-]+))? -->\n```json\n(.*)\n```/g)].map(
  ([, command = '', which, json = '']): Example => ({ command, which, json }),
);

/** The last line of each is bad on purpose. */
const input: Readonly<Record<string, string>> = {
  infill: '{"id":"a","text":"The [MASK] sat."}\n{"id":"b","text":"No gap."}\n',
  score: '{"id":"a","text":"The dog sat.","spans":[[4,7]]}\n{"id":"b","ids":[1]}\n',
};

type Shape = string | Shape[] | { [field: string]: Shape };

/** Fields and types of a JSON value; of a list, those of its first item. */
function shapeOf(value: unknown): Shape {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([field, held]) => [field, shapeOf(held)]));
}

test('the page shows every kind of output', () => {
  expect(examples.map(({ command, which }) => (which ? `${command}: ${which}` : command))).toEqual([
    'infill --jsonl --alternatives 2',
    'infill --jsonl --samples 2',
    'infill --jsonl: error',
    'infill --jsonl --events: mlm-encoded',
    'infill --jsonl --events --alternatives 1: gap-filled',
    'infill --jsonl --events: step-end',
    'infill --jsonl --events: done',
    'infill --jsonl --events: error',
    'score',
    'anneal --length 4 --sweeps 1 --json',
    'anneal --length 4 --sweeps 1 --events: anneal-start',
    'anneal --length 4 --sweeps 1 --events: sweep-start',
    'anneal --length 4 --sweeps 1 --events: sweep-end',
    'anneal --length 4 --sweeps 1 --events: done',
    'models inspect models/tiny/ar --json',
    'models pairs pythia-160m --json',
    'models check models/tiny/ar --quantize int4 --text LICENSE --json',
    'bench throughput --systems maria --lengths 16 --batch 2 --speculate 2 --acceptance 0.5 --repetitions 1 --json',
    'bench train --vocabulary 300 --ar-size 32 --mlm-size 16 --tokens 50 --repetitions 1 --json',
  ]);
});

test('every JSON block is one record on one line', () => {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, json = '']) => json);
  expect(blocks.length).toBeGreaterThan(examples.length);
  for (const block of blocks) expect(recordsIn(block)).toHaveLength(1);
});

describe.each([...new Set(examples.map(({ command }) => command))])('maria %s', (command) => {
  let records: Record<string, unknown>[];
  beforeAll(async () => {
    const [name = '', ...flags] = command.split(' ');
    const { status, stdout } = await maria([name, ...flags], { input: input[name] ?? '', cwd: root, env });
    expect(status).toBe(name in input ? 1 : 0);
    records = recordsIn(stdout);
  });

  test.each(examples.filter((example) => example.command === command))(
    'writes what is shown of $which',
    ({ which, json }) => {
      const real = records.find(
        (record) => which === undefined || record.type === which || (which === 'error' && 'error' in record),
      );
      expect(shapeOf(JSON.parse(json))).toEqual(shapeOf(real));
    },
  );
});
