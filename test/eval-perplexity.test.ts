// maria eval perplexity as a process: killed and gone on with, in batches, and what is wrong with input.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maria, outcomeOf, recordsIn, signalAtLines, startMaria } from './cli-process.js';
import { goldenFolder } from './golden-files.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-eval-'));
const data = join(folder, 'stories.txt');
const stories = [
  'Once upon a time there was a little girl named Lily. She liked to play in the park with her dog.',
  'One day, Tom and his mother went to the market to buy some red apples and a loaf of bread.',
  'The old man sat by the river and looked at the water. A big fish jumped out of it.',
];
beforeAll(() => writeFileSync(data, stories.join('\n<|endoftext|>\n')));
afterAll(() => rmSync(folder, { recursive: true }));

const systems = ['maria', 'product', 'ar', 'mlm'].flatMap((name) => ['--system', name]);
const command = (out: string, ...more: string[]) => [
  'eval',
  'perplexity',
  '--data',
  data,
  '--mask-rate',
  '0.3,0.7',
  '--out',
  join(folder, out),
  ...systems,
  ...more,
];
const files = (out: string) =>
  ['results.jsonl', 'summary.json', 'report.md', 'report.html'].map((name) =>
    readFileSync(join(folder, out, name), 'utf8'),
  );

test('a killed run goes on to the bits of a whole one, and any batch gives the same', async () => {
  const whole = await maria(command('whole', '--batch', '1', '--json'));
  expect(whole.stderr).toContain(`The report is ${join(folder, 'whole')}/report.html`);
  expect(whole.status).toBe(0);
  const summary = JSON.parse(whole.stdout) as {
    cells: { rate: number; documents: number; systems: { system: string; natsPerUnit: { low: number } }[] }[];
  };
  expect(summary.cells.map(({ rate, documents }) => [rate, documents])).toEqual([
    [0.3, 3],
    [0.7, 3],
  ]);
  expect(summary.cells[0]!.systems.map(({ system }) => system)).toEqual(['maria', 'product', 'ar', 'mlm']);
  expect(summary.cells[0]!.systems.every(({ natsPerUnit }) => natsPerUnit.low > 0)).toBe(true);

  const results = join(folder, 'parts', 'results.jsonl');
  const killed = startMaria(command('parts', '--batch', '2'), {
    nodeArgs: signalAtLines('SIGKILL', results, 5),
  });
  expect((await outcomeOf(killed)).status).toBeNull();
  const kept = readFileSync(results, 'utf8');
  expect(kept.split('\n').length).toBeGreaterThan(5);
  const rest = await maria(command('parts', '--batch', '4'));
  expect(rest.status).toBe(0);
  expect(rest.stdout).toContain('| maria |');
  const [wholeFiles, partFiles] = [files('whole'), files('parts')];
  expect(partFiles[0]!.startsWith(kept.slice(0, kept.lastIndexOf('\n') + 1))).toBe(true);
  // The machine's load at the start is in the reports.
  const withoutLoad = (texts: string[]) => texts.map((text) => text.replaceAll(/load [\d.]+[^<\n]*/g, ''));
  expect(withoutLoad(partFiles)).toEqual(withoutLoad(wholeFiles));

  const other = await maria(command('whole', '--seed', '1'));
  expect(other.status).toBe(2);
  expect(other.stderr).toContain('its mask.seed is 0, and 1 is given now.');
  expect(other.stderr).toContain('Try: Give what the run was started with, or another folder: --out DIR.');
  expect(files('whole')).toEqual(wholeFiles);
});

test('systems of other vocabularies get the same words, and no perplexity of tokens', async () => {
  const other = `other=${goldenFolder}models/olmo+${goldenFolder}models/modernbert`;
  const out = join(folder, 'mixed');
  const given = ['eval', 'perplexity', '--data', data, '--mask-rate', '0.4', '--words', '10'];
  const { stdout, status } = await maria([...given, '--out', out, '--system', 'maria', '--system', other]);
  expect(status).toBe(0);
  expect(stdout).not.toContain('Perplexity a masked token');
  const records = recordsIn<Record<string, number>>(readFileSync(join(out, 'results.jsonl'), 'utf8'));
  const half = records.length / 2;
  expect(half).toBeGreaterThan(3);
  for (let i = 0; i < half; i++) {
    const [one, two] = [records[i]!, records[half + i]!];
    expect([two.units, two.bytes]).toEqual([one.units, one.bytes]);
  }
  expect(records.some((record, i) => i < half && record.tokens !== records[half + i]!.tokens)).toBe(true);
  const mixed = await maria([
    ...given,
    ...['--mask', 'tokens', '--out', join(folder, 'tokens'), '--system', 'maria', '--system', other],
  ]);
  expect(mixed.status).toBe(2);
  expect(mixed.stderr).toContain('Cannot mask tokens: the systems maria and other have different ones.');
});

test('what makes no sense is refused before anything is written', async () => {
  const run = (...args: string[]) => maria(['eval', 'perplexity', '--out', join(folder, 'none'), ...args]);
  for (const [args, status, message] of [
    [['--data', data, '--system', 'what'], 2, 'there is no system of this name'],
    [['--data', join(folder, 'no.txt')], 3, 'no.txt'],
    [['--data', data, '--mask-rate', '1.5'], 2, 'mask-rate'],
    [[], 2, 'data'],
  ] as const) {
    const { status: found, stderr, stdout } = await run(...args);
    expect(stderr).toContain(message);
    expect([found, stdout]).toEqual([status, '']);
  }
  const jsonl = join(folder, 'x.jsonl');
  writeFileSync(jsonl, '{"text":"a b c"}\n{"body":"d"}\n');
  const { stderr, status } = await run('--data', jsonl);
  expect(stderr).toContain(`Cannot read ${jsonl}: line 2 has no string "text", but "body".`);
  expect(status).toBe(3);
});
