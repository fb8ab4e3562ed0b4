// maria eval infill, judge, throughput, anneal and report as processes, one after the other on the same text.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-eval-runs-'));
const path = (name: string) => join(folder, name);
const tinyFolder = fileURLToPath(new URL('../models/tiny', import.meta.url));
const data = path('stories.txt');
const stories = [
  'Once upon a time there was a little girl named Lily. She liked to play in the park with her dog.',
  'One day, Tom and his mother went to the market to buy some red apples and a loaf of bread.',
];
/** Fills of so much are never the same. */
const sampled = ['--mask-rate', '0.6', '--temperature', '1'];
beforeAll(async () => {
  writeFileSync(data, stories.join('\n<|endoftext|>\n'));
  const { status, stderr, stdout } = await maria([
    'eval',
    'infill',
    '--data',
    data,
    ...sampled,
    '--json',
    '--out',
    path('fills'),
  ]);
  expect([status, stderr]).toEqual([0, `The report is ${path('fills')}/report.html\n`]);
  const summary = JSON.parse(stdout);
  expect(summary.cells[0].systems.map(({ system }: { system: string }) => system)).toEqual([
    'maria',
    'ar',
    'mlm',
  ]);
  expect(summary.cells[0].judged[0].system).toBe('the original');
});
afterAll(() => rmSync(folder, { recursive: true }));

const judging = (...more: string[]) => ['eval', 'judge', path('fills'), '--out', path('judged'), ...more];

test('fills and texts are in the records, in any batch the same', async () => {
  const records = recordsIn(readFileSync(path('fills/results.jsonl'), 'utf8'));
  const [first] = records;
  expect(records).toHaveLength(3 * 2 + 4 * 2);
  expect(first).toMatchObject({ system: 'maria', document: 0, rate: 0.6 });
  expect(String(first!.gapped)).toContain('[____]');
  expect((first!.fills as string[]).length).toBe(first!.gaps);
  await maria(['eval', 'infill', '--data', data, ...sampled, '--batch', '1', '--out', path('again')]);
  expect(readFileSync(path('again/results.jsonl'), 'utf8')).toBe(
    readFileSync(path('fills/results.jsonl'), 'utf8'),
  );
});

test('an endpoint judges, with its key from the environment in no file and no message', async () => {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    expect(request.headers.authorization).toBe('Bearer sk-of-the-test');
    if (requests > 5) {
      response.statusCode = 401;
      response.end('sk-of-the-test is wrong');
    } else response.end(JSON.stringify({ choices: [{ message: { content: '[[A]]' } }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const endpoint = [
    '--judge-url',
    `http://127.0.0.1:${port}/v1`,
    '--judge-model',
    'm',
    '--requests-at-once',
    '1',
  ];
  const env = { OPENAI_API_KEY: 'sk-of-the-test' };
  const plan = await maria(judging('--dry-run', '--json', ...endpoint), { env });
  const { requests: open } = JSON.parse(plan.stdout) as { requests: number };
  expect(open).toBeGreaterThan(5);
  expect(requests).toBe(0);

  const some = await maria(judging('--max-requests', '5', ...endpoint), { env });
  expect([some.status, requests]).toEqual([0, 5]);
  expect(some.stderr).toContain(`${open - 5} questions were not asked yet`);
  const refused = await maria(judging(...endpoint), { env });
  expect(refused.status).toBe(4);
  expect(refused.stderr).toMatch(/answered 401: it does not take the key\.\nTry: Set OPENAI_API_KEY/);
  const answers = readFileSync(path('judged/answers.jsonl'), 'utf8');
  expect(answers.trim().split('\n')).toHaveLength(5);
  server.close();
  for (const text of [plan, some, refused].map(({ stdout, stderr }) => stdout + stderr))
    expect(text).not.toContain('sk-of');
  for (const name of ['config.json', 'answers.jsonl', 'results.jsonl', 'summary.json', 'report.html'])
    expect(readFileSync(path(`judged/${name}`), 'utf8')).not.toContain('sk-of');
});

test('a command judges: one that always says A gives ties everywhere', async () => {
  const always = `while read line; do echo '{"answer":"[[A]]"}'; done`;
  const { status, stdout } = await maria([
    'eval',
    'judge',
    path('fills'),
    '--judge-command',
    always,
    '--with-original',
    '--json',
    '--out',
    path('ties'),
  ]);
  expect(status).toBe(0);
  const { ratings, pairs } = JSON.parse(stdout) as {
    ratings: { value: number }[];
    pairs: { winsOfA: number; winsOfB: number; ties: number }[];
  };
  expect(ratings).toHaveLength(4);
  for (const { value } of ratings) expect(value).toBeCloseTo(1000, 6);
  expect(pairs).toHaveLength(6);
  expect(pairs.every(({ winsOfA, winsOfB, ties }) => winsOfA + winsOfB === 0 && ties === 2)).toBe(true);
  const none = await maria(judging());
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('no judge was given')]);
});

test('throughput and generated texts are measured, and all runs join in one report', async () => {
  const speed = await maria([
    ...['eval', 'throughput', '--data', data, '--lengths', '8,16', '--repetitions', '1', '--texts', '1'],
    ...['--out', path('speed')],
    // Two names of the same files, the second of which is loaded in the place of the first.
    ...['maria', 'ar', 'mlm', `again=${tinyFolder}`].flatMap((name) => ['--system', name]),
  ]);
  expect([speed.status, speed.stderr]).toEqual([0, `The report is ${path('speed')}/report.html\n`]);
  expect(speed.stdout).toContain('| again | ');
  expect(speed.stdout).toMatch(/\| system \| 8 words \| 16 words \|\n.*\n\| maria \| [\d.]+ \[/);
  const annealed = await maria([
    ...['eval', 'anneal', '--length', '12', '--budgets', '1,2', '--samples', '2', '--system', 'anneal'],
    ...['--system', 'ar', '--out', path('anneal')],
  ]);
  expect(annealed.status).toBe(0);
  expect(annealed.stdout.match(/^\| (anneal|ar) /gm)).toHaveLength(3);
  const unknown = await maria(['eval', 'anneal', '--system', 'what', '--out', path('x')]);
  expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('no system of this name')]);

  const joined = path('all.html');
  const runs = ['fills', 'ties', 'speed', 'anneal'].map(path);
  const report = await maria(['eval', 'report', ...runs, '--html', '-o', joined]);
  expect([report.status, report.stdout]).toEqual([0, '']);
  const html = readFileSync(joined, 'utf8');
  expect(html.match(/<svg/g)).toHaveLength(4);
  expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  const wrong = await maria(['eval', 'report', folder]);
  expect(wrong.status).toBe(3);
});
