// maria eval with denoisers, as processes: bounds are shown as such, a run that was killed has the bits of a whole one, and bad input.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maria, outcomeOf, recordsIn, signalAtLines, startMaria } from './cli-process.js';
import { denoiserFolder } from './diffusion-goldens.js';
import { goldenFolder } from './golden-files.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-eval-diffusion-'));
const env = { MARIA_CACHE: join(folder, 'cache') };
const data = join(folder, 'stories.txt');
const stories = [
  'Once upon a time there was a little girl named Lily. She liked to play in the park with her dog.',
  'The old man sat by the river and looked at the water. A big fish jumped out of it.',
];
beforeAll(() => writeFileSync(data, stories.join('\n<|endoftext|>\n')));
afterAll(() => rmSync(folder, { recursive: true }));

const tokenizer = `tokenizer=${goldenFolder}tokenizer_ar`;
const systems = [
  'maria',
  'diffusion',
  `llada=${denoiserFolder('llada')},steps=4,sampler=low-confidence`,
  `mdlm=${denoiserFolder('mdlm')},${tokenizer},draws=4`,
  `sedd=${denoiserFolder('sedd')},${tokenizer},draws=4`,
].flatMap((name) => ['--system', name]);
const perplexity = (out: string, ...more: string[]) => [
  ...['eval', 'perplexity', '--data', data, '--mask-rate', '0.5', '--out', join(folder, out)],
  ...more,
];
const results = (out: string) => readFileSync(join(folder, out, 'results.jsonl'), 'utf8');

test('bounds stand beside exact losses, the same when a run is killed, and for any batch', async () => {
  const whole = await maria(perplexity('whole', ...systems, '--batch', '1'), { env });
  expect(whole.status).toBe(0);
  for (const row of ['| maria | ', '| diffusion | ', '| llada | ']) expect(whole.stdout).toMatch(rowOf(row));
  for (const row of ['| mdlm | ≤ ', '| sedd | ≤ ']) expect(whole.stdout).toMatch(rowOf(row));
  expect(whole.stdout).not.toContain('Perplexity a masked token');
  const report = readFileSync(join(folder, 'whole', 'report.md'), 'utf8');
  expect(report).toContain('DUEL, low-confidence, 4 steps');
  expect(report).toContain('ELBO, 4 draws');
  expect(report).toContain('score entropy, 4 draws');
  const killed = startMaria(perplexity('parts', ...systems, '--batch', '2'), {
    env,
    nodeArgs: signalAtLines('SIGKILL', join(folder, 'parts', 'results.jsonl'), 3),
  });
  expect((await outcomeOf(killed)).status).toBeNull();
  expect((await maria(perplexity('parts', ...systems, '--batch', '4'), { env })).status).toBe(0);
  expect(results('parts')).toBe(results('whole'));
  const other = await maria(perplexity('whole', ...systems.slice(0, 3), 'diffusion,sampler=entropy'), {
    env,
  });
  expect(other.status).toBe(2);
});

/** A cell with figures. */
const rowOf = (start: string) => new RegExp(`${start.replaceAll('|', '\\|')}\\d`);

test('gaps are filled by the sampler', async () => {
  const out = join(folder, 'fills');
  const { status, stdout } = await maria(['eval', 'infill', '--data', data, '--out', out, ...systems], {
    env,
  });
  expect(status).toBe(0);
  expect(stdout).toContain('| sedd |');
  const records = recordsIn<{ system?: string; text: string; references: string[]; fills: string[] }>(
    readFileSync(join(out, 'results.jsonl'), 'utf8'),
  ).filter(({ system }) => system !== undefined);
  expect(new Set(records.map(({ system }) => system)).size).toBe(5);
  for (const { fills, references } of records) expect(fills).toHaveLength(references.length);
});

test.each([
  ['diffusion,steps=0', 2, 'Cannot use the system "diffusion": steps is "0".'],
  ['diffusion,sampler=analytic', 2, 'its sampler "analytic" does not fit'],
  ['diffusion,what=1', 2, 'has no option "what"'],
  [`mdlm=${denoiserFolder('mdlm')}`, 3, 'Say it with the system: NAME=MODEL,tokenizer=MODEL'],
])('--system %s is refused before anything is written', async (system, expected, message) => {
  const { status, stderr, stdout } = await maria(perplexity('none', '--system', system), { env });
  expect(stderr).toContain(message);
  expect([status, stdout]).toEqual([expected, '']);
});
