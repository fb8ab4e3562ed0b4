// Judge runs with judges whose answers are known: outcomes, what is asked once, and what a stopped run keeps.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MariaError } from '@maria/core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { evaluateInfill } from '../infill/run-infill.js';
import { wordSystem } from '../systems/word-system.test.support.js';
import type { Judge, Question } from './judge.js';
import { evaluateJudgments, planJudgments } from './run-judge.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-judge-'));
const infill = join(folder, 'infill');
const out = join(folder, 'judge');
const texts = ['a b c d', 'e f g h', 'i j k l', 'm n o p'];
beforeAll(() =>
  evaluateInfill({
    data: [{ name: 'd', format: 'text', sha256: 'x', items: texts.map((text) => ({ text })) }],
    mask: { pattern: 'words', rates: [0.5], meanSpan: 3, seed: 0, words: 4, windows: 1 },
    systems: [
      wordSystem(
        'good',
        () => 1,
        1,
        () => 'GOOD',
      ),
      wordSystem(
        'bad',
        () => 1,
        1,
        () => 'BAD',
      ),
      wordSystem(
        'also-bad',
        () => 1,
        1,
        () => 'BAD',
      ),
    ],
    maria: '1',
    out: infill,
  }),
);
afterEach(() => rmSync(out, { recursive: true, force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

/** Answers by a function of the two versions; counts what it is asked. */
function judgeOf(answer: (a: string, b: string, question: Question) => string): Judge & { asked: number } {
  return {
    name: 'test',
    asked: 0,
    async *ask(questions) {
      for (const [index, question] of questions.entries()) {
        this.asked++;
        const [a, b] = ['A', 'B'].map(
          (side) => question.user.split(`<version ${side}>\n`)[1]!.split('\n</version')[0]!,
        ) as [string, string];
        yield { index, text: answer(a, b, question) };
      }
    },
  };
}
const fair = () => judgeOf((a, b) => (a.includes('GOOD') ? '[[A]]' : b.includes('GOOD') ? '[[B]]' : '[[C]]'));
const given = { runs: [infill], out, maria: '1', rounds: 50 };
const file = (name: string) => readFileSync(join(out, name), 'utf8');

test('a win is one in both orders; the same texts are ties without a question, and equal questions are asked once', async () => {
  const judge = fair();
  const summary = await evaluateJudgments({ ...given, judge });
  // good against bad and against also-bad, which wrote the same: 2 orders for each of 4 texts.
  expect(judge.asked).toBe(8);
  expect(summary).toMatchObject({ comparisons: 12, same: 4, unparseable: 0, left: 0, inconsistency: 0 });
  expect(summary.firstShown).toBe(0.5);
  expect(summary.ratings[0]).toMatchObject({ system: 'good', wins: 8, ties: 0, losses: 0 });
  expect(summary.pairs).toContainEqual({ a: 'bad', b: 'also-bad', winsOfA: 0, winsOfB: 0, ties: 4 });
  const mean = summary.ratings.reduce((sum, { value }) => sum + value, 0) / 3;
  expect(mean).toBeCloseTo(1000, 6);
  expect(file('report.md')).toContain('| good |');
  expect(file('report.html')).toContain('ELO (mean 1000)');
});

test('a judge that always says A gives ties everywhere', async () => {
  const summary = await evaluateJudgments({ ...given, judge: judgeOf(() => 'I like it. [[A]]') });
  expect(summary.pairs.every(({ winsOfA, winsOfB, ties }) => winsOfA + winsOfB === 0 && ties === 4)).toBe(
    true,
  );
  for (const { value, low, high } of summary.ratings)
    for (const one of [value, low, high]) expect(one).toBeCloseTo(1000, 9);
  expect(summary).toMatchObject({ inconsistency: 1, firstShown: 1, unparseable: 0 });
});

test('answers without a verdict count for nothing else', async () => {
  const judge = judgeOf((a, _, { user }) =>
    user.includes('a ') ? 'hm' : a.includes('GOOD') ? '[[A]]' : '[[B]]',
  );
  const summary = await evaluateJudgments({ ...given, judge });
  expect(summary.unparseable).toBe(2);
  expect(summary.ratings[0]).toMatchObject({ system: 'good', wins: 6, losses: 0 });
});

test('the texts as they were can take part', async () => {
  const judge = judgeOf((a, b) => (/BAD|GOOD/.test(a) ? (/BAD|GOOD/.test(b) ? '[[C]]' : '[[B]]') : '[[A]]'));
  const summary = await evaluateJudgments({ ...given, judge, original: true });
  expect(summary.ratings[0]).toMatchObject({ system: 'the original', wins: 12 });
});

test('a plan tells what would be asked, and asks and writes nothing', async () => {
  const plan = planJudgments({ ...given, judge: fair() });
  expect(plan).toMatchObject({
    systems: ['good', 'bad', 'also-bad'],
    texts: 4,
    comparisons: 12,
    requests: 8,
  });
  expect(plan.characters).toBeGreaterThan(8 * 500);
  expect(() => file('config.json')).toThrow();
});

test('a run with a limit goes on to the results of a whole one', async () => {
  await evaluateJudgments({ ...given, judge: fair() });
  const whole = ['results.jsonl', 'summary.json', 'report.html'].map(file);
  rmSync(out, { recursive: true });
  const some = fair();
  const partly = await evaluateJudgments({ ...given, judge: some, maxRequests: 3 });
  expect([some.asked, partly.left]).toEqual([3, 5]);
  expect(file('report.md')).toContain('5 questions were not asked yet');
  expect(planJudgments({ ...given, judge: some }).requests).toBe(5);
  const rest = fair();
  await evaluateJudgments({ ...given, judge: rest });
  expect(rest.asked).toBe(5);
  expect(['results.jsonl', 'summary.json', 'report.html'].map(file)).toEqual(whole);
});

test('what a judge answered before it failed is kept', async () => {
  let answered = 0;
  const failing = judgeOf(() => {
    if (++answered > 5) throw new MariaError('judge-busy', 1, 'Cannot judge: it is busy.');
    return '[[A]]';
  });
  await expect(evaluateJudgments({ ...given, judge: failing })).rejects.toThrow('it is busy');
  expect(file('answers.jsonl').trim().split('\n')).toHaveLength(5);
  const rest = judgeOf(() => '[[A]]');
  await evaluateJudgments({ ...given, judge: rest });
  expect(rest.asked).toBe(3);
});

test('another judge, and a folder without fills, are refused', async () => {
  await evaluateJudgments({ ...given, judge: fair() });
  const other = { ...fair(), name: 'other' };
  await expect(evaluateJudgments({ ...given, judge: other })).rejects.toMatchObject({ code: 'run-other' });
  await expect(
    evaluateJudgments({ ...given, runs: [out], out: join(folder, 'x'), judge: fair() }),
  ).rejects.toMatchObject({ code: 'not-a-run', exitStatus: 3 });
});
