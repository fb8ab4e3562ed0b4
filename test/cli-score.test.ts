// maria score on the embedded pair, as a user runs it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

interface Score {
  readonly id?: unknown;
  readonly logLikelihood: number;
  readonly perToken: number[];
  readonly perplexity: number;
  readonly ids: number[];
  readonly masked: number[];
  readonly excluded: string[];
}

const folder = mkdtempSync(join(tmpdir(), 'maria-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const text = 'Once upon a time there was a little girl who lived in the park.';

async function scores(args: string[], input = ''): Promise<Score[]> {
  const { status, stdout, stderr } = await maria(['score', ...args], { input });
  expect(status).toBe(0);
  expect(stderr).toMatch(/^Scored \d+ texts?, \d+ tokens?: log-likelihood -[\d.]+, perplexity [\d.]+\.\n$/);
  return recordsIn<Score>(stdout);
}

test('a text, a line and a record with one seed are one score', async () => {
  const masking = ['--mask-rate', '0.5', '--seed', '3'];
  const [score] = await scores([...masking, text]);
  expect(score?.masked.length).toBeGreaterThan(1);
  expect(score?.perToken).toHaveLength(score?.masked.length ?? -1);
  expect(score?.perToken.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
    score?.logLikelihood ?? Number.NaN,
    9,
  );

  const records = [
    { id: 1, text },
    { id: 2, text, maskRate: 0.5, seed: 3 },
    { id: 3, text, seed: 3 },
    { id: 4, ids: score?.ids, masked: score?.masked },
  ];
  const path = join(folder, 'records.jsonl');
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  expect(await scores(['--jsonl', ...masking, path])).toEqual([1, 2, 3, 4].map((id) => ({ id, ...score })));
  const [otherSeed] = await scores(['--mask-rate', '0.5', '--seed', '4', text]);
  expect(otherSeed?.masked).not.toEqual(score?.masked);
});

test('each text of a run is masked in other places, and parts of the input as the whole', async () => {
  const lines = Array.from({ length: 5 }, () => text);
  const masking = ['--mask-rate', '0.5', '--seed', '3'];
  const whole = await scores([...masking, '-'], lines.join('\n'));
  expect(new Set(whole.map(({ masked }) => String(masked))).size).toBe(5);
  expect(await scores([...masking, text, '-'], lines.slice(1).join('\n'))).toEqual(whole);
  expect(await scores([...masking, '--first-record', '3', '-'], lines.slice(3).join('\n'))).toEqual(
    whole.slice(3),
  );
  const records = (rate?: number) =>
    lines.map((each) => `${JSON.stringify({ text: each, ...(rate && { maskRate: rate }) })}\n`);
  const path = join(folder, 'equal.jsonl');
  writeFileSync(path, records().slice(0, 2).join(''));
  expect(await scores(['--jsonl', ...masking, path, '-'], records().slice(2).join(''))).toEqual(whole);
  expect(await scores(['--seed', '3', '--first-record', '2'], records(0.5).slice(2).join(''))).toEqual(
    whole.slice(2),
  );
});

test('without special ids a score is what filling gives', async () => {
  const run = await maria(['infill', '--events', 'Once upon a time there was a [MASK*3].']);
  const [read] = recordsIn<{ ids: number[]; positions: number[] }>(run.stdout);
  const filling = await maria(['infill', '--jsonl'], { input: JSON.stringify({ ids: read?.ids }) });
  const [filled] = recordsIn<{ ids: number[]; logLikelihood: number; excluded: string[] }>(filling.stdout);
  expect(filled?.excluded).toEqual(['special']);
  const input = JSON.stringify({ ids: filled?.ids, masked: read?.positions });
  const [alike] = await scores(['--exclude-special'], input);
  expect(alike?.excluded).toEqual(['special']);
  expect(alike?.logLikelihood).toBeCloseTo(filled?.logLikelihood ?? Number.NaN, 4);
  const [all] = await scores([], input);
  expect(all?.excluded).toEqual([]);
  expect(all?.logLikelihood).toBeLessThan(alike?.logLikelihood ?? Number.NaN);

  const special = await maria(['score', '--exclude-special'], { input: '{"ids":[500,0],"masked":[1]}' });
  expect(special.status).toBe(1);
  expect(recordsIn(special.stdout)).toMatchObject([{ error: { code: 'id-excluded' } }]);
});

test('records that infill writes are scored where they were filled, and other fields go through both', async () => {
  const given = [
    { id: 'a', text: 'Once upon a time there was a [MASK*3] who [MASK] away.', source: { page: 3 } },
    { id: 'b', text: 'No gap.', note: 1 },
  ];
  const filled = await maria(['infill', '--jsonl'], {
    input: given.map((record) => JSON.stringify(record)).join('\n'),
  });
  const { status, stdout } = await maria(['score', '--exclude-special', '--tokens'], {
    input: filled.stdout,
  });
  const [infilled] = recordsIn<{ masked: number[]; gaps: { tokens: unknown[] }[] }>(filled.stdout);
  const [first, second] = recordsIn<Score & { tokens: unknown[] }>(stdout);
  expect(status).toBe(1);
  expect(first).toMatchObject({
    id: 'a',
    source: { page: 3 },
    text: expect.any(String),
    masked: infilled!.masked,
  });
  expect(first!.masked).toHaveLength(4);
  expect(first!.tokens).toEqual(infilled!.gaps.flatMap(({ tokens }) => tokens));
  expect(second).toMatchObject({ id: 'b', note: 1, error: { code: 'no-gap' } });
});

test('samples that infill writes stay in their record, each with its score', async () => {
  const args = ['infill', '--jsonl', '--samples', '3', '--seed', '1', '--temperature', '1'];
  const filled = await maria(args, { input: JSON.stringify({ id: 'a', text: 'The [MASK] sat.', page: 3 }) });
  const { status, stdout, stderr } = await maria(['score', '--exclude-special'], { input: filled.stdout });
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^Scored 3 texts, 3 tokens:/)]);
  const [infilled] = recordsIn<{ samples: { text: string; ids: number[]; gaps: unknown }[] }>(filled.stdout);
  const [record] = recordsIn(stdout);
  expect(record).toMatchObject({ id: 'a', page: 3, excluded: ['special'] });
  expect(record!.samples).toEqual(
    infilled!.samples.map(({ text, ids, gaps }) => ({
      ...{ text, ids, gaps, masked: [1] },
      logLikelihood: expect.any(Number),
      perToken: [expect.any(Number)],
      perplexity: expect.any(Number),
    })),
  );
});

test('a text with a gap has nothing to score', async () => {
  const gap = 'The [MASK] sat.';
  const { status, stdout, stderr } = await maria(['score', '--mask-rate', '1', gap]);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^Cannot score the text: it holds the gap \[MASK\].*\nTry: /);
  const records = [
    { id: 'rate', text: gap, maskRate: 1 },
    { id: 'spans', text: gap, spans: [[0, 3]] },
    { id: 'text', text: 'The \\[MASK] sat.', maskRate: 1 },
  ];
  const scored = await maria(['score'], { input: records.map((each) => JSON.stringify(each)).join('\n') });
  expect(scored.status).toBe(1);
  expect(recordsIn(scored.stdout)).toMatchObject([
    { id: 'rate', error: { code: 'gap-in-text' } },
    { id: 'spans', error: { code: 'gap-in-text' } },
    { id: 'text', perToken: expect.any(Array) },
  ]);
});

test('spans mask the tokens that they touch, and a likely text scores higher than an odd one', async () => {
  const odd = text.replace('girl', 'roof');
  const start = text.indexOf('girl');
  const records = [text, odd].map((given) => ({ text: given, spans: [[start, start + 4]] }));
  const [likely, unlikely] = await scores([], records.map((record) => JSON.stringify(record)).join('\n'));
  expect(likely?.masked).toHaveLength(1);
  expect(likely?.logLikelihood).toBeGreaterThan(unlikely?.logLikelihood ?? 0);
});

test('records that cannot be scored are errors among the others', async () => {
  const good = { text, spans: [[0, 4]] };
  const bad = [
    { id: 'nothing masked', ids: [500, 501], masked: [] },
    { id: 'beyond', ids: [500, 501], masked: [2] },
    { id: 'out of the text', text, spans: [[1000, 1001]] },
    { id: 'too long', text: 'word '.repeat(2000), maskRate: 1 },
    { id: 'rate', text, maskRate: 2 },
  ];
  const { status, stdout, stderr } = await maria(['score'], {
    input: [good, ...bad, good].map((record) => JSON.stringify(record)).join('\n'),
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Scored 2 texts, .* 5 failed\.\n$/);
  const [first, ...others] = recordsIn(stdout);
  expect(others.pop()).toEqual(first);
  expect(others).toMatchObject(
    bad.map(({ id }) => ({ id, error: { message: expect.stringMatching(/^Cannot /) } })),
  );
});
