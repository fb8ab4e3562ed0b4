// Runs in one report: losses together where texts and masks are the same, and what is no run.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluateInfill } from '../infill/run-infill.js';
import { evaluatePerplexity } from '../perplexity/run-perplexity.js';
import { htmlOf } from '../report/html.js';
import { markdownOf } from '../report/markdown.js';
import { wordSystem } from '../systems/word-system.test.support.js';
import { joinRuns } from './join-runs.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-join-'));
const of = (name: string) => join(folder, name);
const data = [
  { name: 'd<b>', format: 'text', sha256: 'x', items: [{ text: 'a b c d' }, { text: 'e f g h' }] } as const,
];
const mask = { pattern: 'words', rates: [0.5], meanSpan: 3, seed: 0, words: 4, windows: 1 } as const;
const given = { data, mask, maria: '1' };
beforeAll(async () => {
  await evaluatePerplexity({ ...given, systems: [wordSystem('one', () => 1)], out: of('p1') });
  const bound = { ...wordSystem('two', () => 2), likelihood: { kind: 'bound', how: 'x' } as const };
  await evaluatePerplexity({ ...given, systems: [bound], out: of('p2') });
  await evaluatePerplexity({
    ...given,
    mask: { ...mask, seed: 1 },
    systems: [wordSystem('three', () => 3)],
    out: of('p3'),
  });
  await evaluateInfill({ ...given, systems: [wordSystem('one', () => 1)], out: of('i') });
});
afterAll(() => rmSync(folder, { recursive: true }));

test('systems of two runs stand in one table, those of other masks do not', () => {
  const report = joinRuns(['p1', 'p2', 'p3', 'i'].map(of));
  const together = report.sections.find(({ heading }) => heading === 'Losses together')!;
  expect(together.tables).toHaveLength(1);
  expect(together.tables![0]!.rows).toEqual([
    [of('p1'), 'one', '1.000 [1.000, 1.000]'],
    [of('p2'), 'two', '≤ 2.000 [2.000, 2.000]'],
  ]);
  const headings = report.sections.map(({ heading }) => heading);
  expect(headings).toContain(`${of('i')}: d<b>, 0.5 masked`);
  expect(htmlOf(report)).toContain('d&lt;b&gt;');
  expect(htmlOf(report)).not.toContain('d<b>');
  expect(markdownOf(report)).toContain('d\\<b>');
  // One file, which asks for nothing.
  expect(htmlOf(report)).not.toMatch(/<script|<link|src=|@import|url\(/);
});

test('one run needs no table of several', () => {
  expect(joinRuns([of('p1')]).sections.map(({ heading }) => heading)).not.toContain('Losses together');
});

test('a folder that is no run is an error that names it', () => {
  mkdirSync(of('empty'));
  expect(() => joinRuns([of('empty')])).toThrow(
    `Cannot read ${of('empty')} as an evaluation: it has no config.json.`,
  );
  rmSync(join(of('p3'), 'summary.json'));
  expect(() => joinRuns([of('p3')])).toThrow(`Cannot report on ${of('p3')}: it has no summary.json yet.`);
});
