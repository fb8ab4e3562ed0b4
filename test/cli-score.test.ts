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
}

const folder = mkdtempSync(join(tmpdir(), 'maria-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const text = 'Once upon a time there was a little girl who lived in the park.';

async function scores(args: string[], input = ''): Promise<Score[]> {
  const { status, stdout, stderr } = await maria(['score', ...args], { input });
  expect([status, stderr]).toEqual([0, '']);
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
    { id: 1, text, maskRate: 0.5, seed: 3 },
    { id: 2, text },
    { id: 3, ids: score?.ids, masked: score?.masked },
  ];
  const path = join(folder, 'records.jsonl');
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  expect(await scores(['--jsonl', ...masking, path])).toEqual([1, 2, 3].map((id) => ({ id, ...score })));
  const [otherSeed, same] = await scores(['--mask-rate', '0.5', '--seed', '4', text, '-'], `${text}\n`);
  expect(same).toEqual(otherSeed);
  expect(otherSeed?.masked).not.toEqual(score?.masked);
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
  expect([status, stderr]).toEqual([1, '']);
  const [first, ...others] = recordsIn(stdout);
  expect(others.pop()).toEqual(first);
  expect(others).toMatchObject(
    bad.map(({ id }) => ({ id, error: { message: expect.stringMatching(/^Cannot /) } })),
  );
});
