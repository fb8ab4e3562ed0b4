// Settings reach a run of the command, and an error tells which there were.
import { mkdtempSync, rmSync } from 'node:fs';
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
  expect(await maria(['config', 'threads'], { env })).toMatchObject({ status: 1, stdout: '' });
});
