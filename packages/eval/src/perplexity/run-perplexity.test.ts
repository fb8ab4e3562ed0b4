// A perplexity run with systems that are plain arithmetic: figures worked by hand, and what is on disk after each kind of stop.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceError, UsageError } from '@maria/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DataSet } from '../data/item.js';
import { wordSystem } from '../systems/word-system.test.support.js';
import { evaluatePerplexity } from './run-perplexity.js';

let out: string;
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'maria-eval-')), 'run');
});
afterEach(() => rmSync(join(out, '..'), { recursive: true }));

const data: DataSet[] = [
  {
    name: 'a.txt',
    format: 'text',
    sha256: 'x',
    items: [{ text: 'one two three four' }, { text: 'a b c d e f g h' }, { text: 'p q r s' }],
  },
];
const mask = { pattern: 'words', rates: [0.5, 0.75], meanSpan: 3, seed: 0, words: 4, windows: 2 } as const;
/** A nat for each letter, and two: the second is better by 1 nat a word. */
const systems = [wordSystem('long', (word) => word.length + 1), wordSystem('short', (word) => word.length)];
const machine = { cpu: 'x', cpus: 2, memoryGiB: 1, load: 0, node: 'v20' };
const given = { data, mask, systems, maria: '1', machine, clock: () => 0 };
const file = (name: string) => readFileSync(join(out, name), 'utf8');
const files = ['results.jsonl', 'summary.json', 'report.html', 'report.md', 'times.jsonl'];
const all = () => files.map(file);

test('sums are over words, differences over the same words', async () => {
  const summary = await evaluatePerplexity({ ...given, out });
  expect(summary.unit).toBe('word');
  expect(summary.cells.map(({ rate, documents, texts, units }) => [rate, documents, texts, units])).toEqual([
    [0.5, 3, 4, 8],
    [0.75, 3, 4, 12],
  ]);
  const [, cell] = summary.cells;
  // All but the first word of each text: "two three four" and nine letters.
  expect(cell!.systems.map(({ natsPerUnit }) => natsPerUnit.value)).toEqual([
    (12 + 12 + 9) / 12,
    (12 + 9) / 12,
  ]);
  expect(cell!.systems[1]!.bitsPerByte.value).toBeCloseTo(1 / Math.LN2, 12);
  expect(cell!.differences).toEqual([
    { system: 'short', from: 'long', natsPerUnit: { value: -1, low: -1, high: -1 } },
  ]);
  expect(file('report.md')).toContain('| short | 1.7');
  expect(readdirSync(out).sort()).toEqual(['config.json', ...files].sort());
});

test('a bound is shown as one', async () => {
  const bound = { ...systems[1]!, likelihood: { kind: 'bound', how: 'ELBO' } as const };
  await evaluatePerplexity({ ...given, systems: [systems[0]!, bound], out });
  expect(file('report.md')).toContain('| short | ≤ 1.');
  expect(file('report.md')).toContain('| short | ≤ -1.000');
  expect(file('report.html')).toContain('short (≤)');
});

test('a stopped run goes on to the same bytes, wherever it was stopped', async () => {
  await evaluatePerplexity({ ...given, out });
  const whole = all();
  const lines = file('results.jsonl').split('\n').slice(0, -1);
  for (const left of [0, 1, 7, lines.length]) {
    writeFileSync(
      join(out, 'results.jsonl'),
      lines
        .slice(0, left)
        .map((line) => `${line}\n`)
        .join(''),
    );
    // A line that was cut off by the kill.
    appendFileSync(join(out, 'results.jsonl'), '{"system":"lon');
    await evaluatePerplexity({ ...given, out });
    expect(all()).toEqual(whole);
  }
});

test('an interrupted run keeps what is done, and does not do it again', async () => {
  let scored = 0;
  const controller = new AbortController();
  const counted = (limit: number) =>
    wordSystem('long', (word) => {
      if (++scored === limit) controller.abort();
      return word.length + 1;
    });
  const interrupted = evaluatePerplexity({
    ...given,
    systems: [counted(6), systems[1]!],
    signal: controller.signal,
    out,
  });
  await expect(interrupted).rejects.toMatchObject({ exitStatus: 130 });
  const before = file('results.jsonl').split('\n').length - 1;
  expect(before).toBeGreaterThan(0);
  expect(readdirSync(out)).not.toContain('eval.lock');
  const done = scored;
  await evaluatePerplexity({ ...given, systems: [counted(-1), systems[1]!], out });
  expect(scored - done).toBeLessThan(20);
  expect(file('results.jsonl').split('\n')).toHaveLength(16 + 1);
});

test('texts at once change nothing', async () => {
  await evaluatePerplexity({ ...given, out });
  const whole = all();
  rmSync(out, { recursive: true });
  const lanes = [
    wordSystem('long', (word) => word.length + 1, 3),
    wordSystem('short', (word) => word.length, 5),
  ];
  await evaluatePerplexity({ ...given, systems: lanes, out });
  expect(all()).toEqual(whole);
});

test('another configuration is refused by name, and nothing is lost', async () => {
  await evaluatePerplexity({ ...given, out });
  const whole = all();
  const refused = evaluatePerplexity({ ...given, mask: { ...mask, rates: [0.5, 0.9] }, out });
  await expect(refused).rejects.toMatchObject({
    code: 'run-other',
    exitStatus: 2,
    message: `Cannot go on with the run in ${out}: its mask.rates.1 is 0.75, and 0.9 is given now.`,
  });
  const otherData = [{ ...data[0]!, sha256: 'y' }];
  await expect(evaluatePerplexity({ ...given, data: otherData, out })).rejects.toThrow(
    /its data\.0\.sha256 is/,
  );
  const more = [...systems, wordSystem('third', () => 1)];
  await expect(evaluatePerplexity({ ...given, systems: more, out })).rejects.toThrow(
    /its systems\.2 is nothing/,
  );
  expect(all()).toEqual(whole);
});

test('a folder of something else is refused, and left alone', async () => {
  await evaluatePerplexity({ ...given, out });
  writeFileSync(join(out, 'config.json'), '{"model_type":"maria"}');
  await expect(evaluatePerplexity({ ...given, out })).rejects.toMatchObject({ code: 'out-occupied' });
  const other = join(out, '..');
  await expect(evaluatePerplexity({ ...given, out: other })).rejects.toMatchObject({
    code: 'out-occupied',
    message: `Cannot evaluate in ${other}: it holds something else (run).`,
  });
  expect(readdirSync(other)).toEqual(['run']);
});

test('a text that one system cannot read counts for none, and one that nobody reads is an error', async () => {
  const picky = wordSystem('picky', (word) => {
    if (word === 'two') throw new UsageError('context-too-long', 'Cannot read it: it is too long.');
    return 1;
  });
  const summary = await evaluatePerplexity({ ...given, systems: [systems[0]!, picky], out });
  expect(summary.cells[1]).toMatchObject({ leftOut: 1, documents: 2, texts: 3 });
  rmSync(out, { recursive: true });
  const small = wordSystem('small', (word) => {
    if (word === 'two') throw new DeviceError('out-of-memory', 'Cannot run the program: no memory.');
    return 1;
  });
  const other = await evaluatePerplexity({ ...given, systems: [systems[0]!, small], out });
  expect(other.cells[1]).toMatchObject({ leftOut: 1, texts: 3 });
  rmSync(out, { recursive: true });
  const never = wordSystem('never', () => {
    throw new UsageError('context-too-long', 'Cannot read it: it is too long.');
  });
  await expect(evaluatePerplexity({ ...given, systems: [systems[0]!, never], out })).rejects.toMatchObject({
    code: 'nothing-scored',
    message:
      'Cannot compare systems on a.txt: none of its texts could be read by all of them. Cannot read it: it is too long.',
  });
});

test('data in which nothing can be masked are an error', async () => {
  await expect(evaluatePerplexity({ ...given, mask: { ...mask, pattern: 'given' }, out })).rejects.toThrow(
    'Cannot mask the data: no text has gaps of its own.',
  );
  const short = [{ ...data[0]!, items: [{ text: 'word' }] }];
  await expect(evaluatePerplexity({ ...given, data: short, out })).rejects.toMatchObject({
    code: 'nothing-masked',
    exitStatus: 3,
  });
});

test('tokens are masked only where all systems have the same', async () => {
  const other = { ...systems[1]!, vocabularyHash: 'other' };
  await expect(
    evaluatePerplexity({
      ...given,
      mask: { ...mask, pattern: 'tokens' },
      systems: [systems[0]!, other],
      out,
    }),
  ).rejects.toMatchObject({ code: 'vocabularies-differ' });
  const summary = await evaluatePerplexity({ ...given, mask: { ...mask, pattern: 'tokens' }, out });
  expect(summary.unit).toBe('token');
});

test('shards are joined to the bytes of one run, whatever their number, and one that was stopped is completed', async () => {
  await evaluatePerplexity({ ...given, out });
  const whole = all();
  for (const of of [2, 3, 7]) {
    const folders = Array.from({ length: of }, (_, i) => join(out, '..', `${i + 1}-of-${of}`));
    for (const [i, folder] of folders.entries())
      await evaluatePerplexity({ ...given, out: folder, shard: { number: i + 1, of } });
    // No system is opened where all is done.
    const idle = systems.map((system) => ({ ...system, open: () => Promise.reject(new Error('opened')) }));
    const joined = { ...given, out: join(out, '..', `of-${of}`), join: folders };
    await evaluatePerplexity({ ...joined, systems: idle });
    expect(files.map((name) => readFileSync(join(joined.out, name), 'utf8'))).toEqual(whole);
    await evaluatePerplexity({ ...joined, out: `${joined.out}-rest`, join: folders.slice(1) });
    expect(readFileSync(join(`${joined.out}-rest`, 'results.jsonl'), 'utf8')).toBe(whole[0]);
  }
});

test('what is joined has to be of the same run', async () => {
  const shard = join(out, '..', 'shard');
  await evaluatePerplexity({ ...given, mask: { ...mask, seed: 1 }, out: shard, shard: { number: 1, of: 2 } });
  await expect(evaluatePerplexity({ ...given, out, join: [shard] })).rejects.toThrow(
    /Cannot join the run in .*: its mask.seed is 1, and 0 is given now/,
  );
});
