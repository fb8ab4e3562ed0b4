// An infill run with systems whose fills are known: every measure, code that is executed, and what is on disk.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DataSet } from '../data/item.js';
import { wordSystem } from '../systems/word-system.test.support.js';
import { evaluateInfill } from './run-infill.js';
import { scoreFills } from './score-fills.js';

let out: string;
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'maria-infill-')), 'run');
});
afterEach(() => rmSync(join(out, '..'), { recursive: true }));

const data: DataSet[] = [
  {
    name: 'a.txt',
    format: 'text',
    sha256: 'x',
    items: [{ text: 'one two three four five six' }, { text: 'a b c d e f' }],
  },
];
const mask = { pattern: 'words', rates: [0.9], meanSpan: 3, seed: 0, words: 6, windows: 1 } as const;
const right = wordSystem('right', () => 1);
const wrong = wordSystem(
  'wrong',
  () => 1,
  2,
  () => 'x',
);
let now = 0;
const clock = () => (now += 500);
const machine = { cpu: 'x', cpus: 2, memoryGiB: 1, load: 0, node: 'v20' };
const given = { data, mask, systems: [right, wrong], maria: '1', machine, clock };
const file = (name: string) => readFileSync(join(out, name), 'utf8');

test('words that are masked in a row are one gap, and right fills are right by every measure', async () => {
  const summary = await evaluateInfill({ ...given, out });
  const [cell] = summary.cells;
  expect(cell).toMatchObject({ documents: 2, texts: 2, gaps: 2, leftOut: 0 });
  const measures = { exact: 1, edit: 1, rouge1: 1, rougeL: 1 };
  for (const [name, value] of Object.entries(measures)) {
    expect(cell!.systems[0]).toMatchObject({ [name]: { value, low: value, high: value } });
  }
  expect(cell!.systems[1]).toMatchObject({ exact: { value: 0 }, rouge1: { value: 0 } });
  const records = file('results.jsonl').trim().split('\n');
  expect(records).toHaveLength(4);
  expect(JSON.parse(records[2]!)).toMatchObject({
    system: 'wrong',
    references: ['two three four five six'],
    fills: ['x'],
    text: 'one x',
  });
  expect(summary.examples[0]).toEqual({
    gapped: 'one [____]',
    references: ['two three four five six'],
    fills: [
      { system: 'right', fills: ['two three four five six'] },
      { system: 'wrong', fills: ['x'] },
    ],
  });
  expect(file('report.md')).toContain('| wrong | x |');
  // Two texts of a gap each, of five words that one token of this vocabulary fills, in a second.
  expect(summary.throughput[0]).toEqual({ system: 'right', tokens: 2, seconds: 1, tokensPerSecond: 2 });
});

test('goes on after a stop with the same results', async () => {
  await evaluateInfill({ ...given, out });
  const whole = [file('results.jsonl'), file('report.html').replace(/<h2>Throughput[\s\S]*/, '')];
  writeFileSync(join(out, 'results.jsonl'), whole[0]!.split('\n').slice(0, 3).join('\n'));
  await evaluateInfill({ ...given, out });
  expect([file('results.jsonl'), file('report.html').replace(/<h2>Throughput[\s\S]*/, '')]).toEqual(whole);
});

test('sums are over gaps; of SantaCoder only the first line counts for an exact match', () => {
  const compared = { fills: [' b ', 'x'], references: ['b', 'y z'], firstLineOnly: false };
  expect(scoreFills(compared)).toEqual({
    gaps: 2,
    exact: 1,
    edit: 1,
    rouge1: 1,
    rouge2: 0,
    rougeL: 1,
  });
  const lines = { fills: ['return 1 \nmore'], references: ['return 1'] };
  expect(scoreFills({ ...lines, firstLineOnly: true }).exact).toBe(1);
  expect(scoreFills({ ...lines, firstLineOnly: false }).exact).toBe(0);
});

const canExecute =
  spawnSync('sh', [
    '-c',
    'python3 -c 1 && { unshare --user --map-root-user --net --pid --fork true || unshare --net --pid --fork true; }',
  ]).status === 0;

test.skipIf(!canExecute)('code passes its test where it is right, and is not run without leave', async () => {
  const prompt = 'def f():\n    return ';
  const program = { test: 'def check(f):\n    assert f() == 41', entryPoint: 'f' };
  const code: DataSet[] = [
    {
      name: 'code',
      format: 'humaneval-infilling',
      sha256: 'x',
      items: [{ text: `${prompt}41\n`, gaps: [[prompt.length, prompt.length + 2]], program, id: 'T/0' }],
    },
  ];
  const coded = { ...given, data: code, mask: { ...mask, pattern: 'given' } as const };
  const { cells } = await evaluateInfill({ ...coded, execute: { seconds: 20 }, out });
  expect(cells[0]!.systems.map(({ passed }) => passed?.value)).toEqual([1, 0]);
  expect(file('report.md')).toContain('pass@1');
  rmSync(out, { recursive: true });
  const compared = await evaluateInfill({ ...coded, out });
  expect(compared.cells[0]!.systems[0]).not.toHaveProperty('passed');
});
