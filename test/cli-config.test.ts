// Settings reach a run of the command, and an error tells which there were.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { maria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const env = { MARIA_CONFIG: join(folder, 'config.json') };

test('settings are as flags that are written', async () => {
  expect(await maria(['config', 'infill.samples', '2'], { env })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
  await maria(['config', 'infill.seed', '7'], { env });
  const text = 'The [MASK] sat.';
  const { stdout } = await maria(['infill', text], { env });
  expect(stdout).toBe((await maria(['infill', '-n', '2', '--seed', '7', text])).stdout);
  await maria(['config', 'aliases.mine', './nowhere'], { env });
  await maria(['config', 'model', 'mine'], { env });
  const failed = await maria(['infill', text], { env });
  expect(failed.status).toBe(3);
  expect(failed.stderr).toContain(`Set: --model mine (${env.MARIA_CONFIG})`);
  expect(failed.stderr).toContain(join(folder, 'nowhere'));
  expect(await maria(['config'], { env })).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(`infill.samples = 2 (${env.MARIA_CONFIG})\n`),
  });
  expect(await maria(['config', 'model'], { env })).toMatchObject({ status: 0, stdout: 'mine\n' });
  // A folder cannot be made below a file.
  const below = join(folder, 'config.json/other.json');
  expect(await maria(['config', 'model', 'mine'], { env: { MARIA_CONFIG: below } })).toEqual({
    status: 1,
    stdout: '',
    stderr: `Cannot write ${below}: a part of its path is not a folder.\nTry: Check who may write to it and to its folder.\n`,
  });
  expect(await maria(['config', 'threads'], { env })).toMatchObject({ status: 1, stdout: '' });
});

test('a value that the flag refuses is not set', async () => {
  for (const [key, value, fact] of [
    ['infill.top-p', '3', ' to 3: it must be a number above 0 and of at most 1, and is 3'],
    ['eval anneal.samples', '0', ' to 0: it must be a whole number of at least 1, and is 0'],
    ['anneal.temperature', 'warm', ' to "warm": the temperature schedule "warm" is not one'],
    ['eval infill.samples', '2', ': eval infill has no --samples'],
  ] as const) {
    const { status, stdout, stderr } = await maria(['config', key, value], { env });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`Cannot set "${key}"${fact}.\n`);
    expect(await maria(['config', key], { env })).toMatchObject({ status: 1, stdout: '' });
  }
});

test('a project’s file has nothing downloaded', async () => {
  writeFileSync(join(folder, '.maria.json'), JSON.stringify({ model: 'stranger/model' }));
  const empty = {
    MARIA_CONFIG: join(folder, 'none.json'),
    HF_HUB_CACHE: join(folder, 'hub'),
    HF_ENDPOINT: 'http://127.0.0.1:9',
  };
  const { status, stdout, stderr } = await maria(['infill', 'The [MASK] sat.'], { env: empty, cwd: folder });
  expect([status, stdout]).toEqual([4, '']);
  expect(stderr).toContain(
    `Cannot use stranger/model: it is neither a folder nor in the cache, and what ${realpathSync(folder)}/.maria.json names is not downloaded unasked.\n`,
  );
  expect(stderr).toContain('Try: maria models pull stranger/model, if you trust it.\n');
});

test('--quiet leaves errors and what was asked for on standard error', async () => {
  const { status, stdout, stderr } = await maria(['infill', '-t1', '--stats'], {
    input: 'no gap\nThe [MASK] sat.\nA [MASK*0].\n',
    env: { MARIA_CONFIG: join(folder, 'none.json'), MARIA_QUIET: '1' },
  });
  expect([status, stdout]).toEqual([1, expect.stringMatching(/^no gap\nThe \S.*\nA \[MASK\*0\]\.\n$/)]);
  const lines = stderr.trimEnd().split('\n');
  expect(lines.map((line) => line.split(/[ :]/)[0])).toEqual([
    'Cannot',
    'Try',
    'load',
    'fill',
    'texts',
    'passes',
    'peak',
  ]);
});
