// Throughput with a clock that only turns when a system fills: turns, medians, and what a stopped run measures again.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DataSet } from '../data/item.js';
import { wordSystem } from '../systems/word-system.test.support.js';
import { evaluateSpeed } from './run-fill-speed.js';

let out: string;
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'maria-speed-')), 'run');
});
afterEach(() => rmSync(join(out, '..'), { recursive: true }));

let now = 0;
const filled: string[] = [];
const taking = (name: string, milliseconds: number) =>
  wordSystem(
    name,
    () => 1,
    1,
    (word) => {
      filled.push(name);
      now += milliseconds;
      return word;
    },
  );
const text = Array.from({ length: 12 }, (_, i) => `w${i}`).join(' ');
const data: DataSet[] = [
  { name: 'd', format: 'text', sha256: 'x', items: [{ text }, { text: 'too short' }] },
];
const given = {
  data,
  mask: { pattern: 'words', rates: [0.99], meanSpan: 1, seed: 0, words: 6, windows: 4 } as const,
  systems: [taking('fast', 100), taking('slow', 400)],
  maria: '1',
  clock: () => now,
  lengths: [4, 6],
  texts: 2,
  repetitions: 2,
};

test('systems take turns on the same texts, and a gap of one token in 100 ms is 10 tokens a second', async () => {
  filled.length = 0;
  const { records } = await evaluateSpeed({ ...given, out });
  expect(records.map(({ system, words, texts }) => [system, words, texts])).toEqual([
    ['fast', 4, 2],
    ['slow', 4, 2],
    ['fast', 6, 2],
    ['slow', 6, 2],
  ]);
  // All words but the first are one gap, which the test's system fills with one token.
  expect(records[0]).toMatchObject({ tokens: 2, seconds: [0.2, 0.2], tokensPerSecond: 10, slowest: 10 });
  expect(records[1]).toMatchObject({ tokensPerSecond: 2.5 });
  const runs = ['fast', 'fast', 'slow', 'slow'];
  expect(filled.slice(0, 10)).toEqual(['fast', 'slow', ...runs, ...runs]);
  expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('| fast | 10.0 [10.0, 10.0] |');
});

test('systems of two models follow each other, whatever their weights are: one model is held at a time', async () => {
  filled.length = 0;
  const { records } = await evaluateSpeed({
    ...given,
    systems: [taking('one', 100), { ...taking('other', 100), loadedAs: 'other words' }],
    lengths: [4],
    out,
  });
  expect(records.map(({ system }) => system)).toEqual(['one', 'other']);
  expect(filled).toEqual([...Array(5).fill('one'), ...Array(5).fill('other')]);
});

test('what was measured is kept', async () => {
  await evaluateSpeed({ ...given, out });
  const file = join(out, 'results.jsonl');
  const whole = readFileSync(file, 'utf8');
  writeFileSync(file, `${whole.split('\n')[0]}\n`);
  filled.length = 0;
  await evaluateSpeed({ ...given, out });
  expect(filled).toHaveLength(10);
  expect(readFileSync(file, 'utf8')).toBe(whole);
});

test('texts that no document has are an error', async () => {
  await expect(evaluateSpeed({ ...given, lengths: [4, 100], out })).rejects.toMatchObject({
    code: 'nothing-scored',
    message: 'Cannot measure texts of 100 words: no document has so many.',
  });
});
