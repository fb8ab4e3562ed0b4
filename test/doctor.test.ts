// maria doctor, on a machine where all is well and on one where native code cannot be loaded.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { autoBackends } from '@maria/kernels';
import { afterAll, expect, it } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-doctor-'));
afterAll(() => rmSync(folder, { recursive: true }));
const env = { MARIA_CACHE: join(folder, 'cache'), HF_HOME: join(folder, 'hub'), NO_COLOR: '1' };

it('tells what is there, and that both backends fill a text as the plain evaluation does', async () => {
  const { status, stdout } = await maria(['doctor', '--json'], { env });
  expect(status).toBe(0);
  expect(recordsIn(stdout)).toEqual([
    expect.objectContaining({
      healthy: true,
      node: { version: process.version, supported: true },
      onnxRuntime: {
        library: expect.stringContaining('onnxruntime-node'),
        version: expect.stringMatching(/^1\.\d+\.\d+$/),
        devices: expect.arrayContaining(['cpu']),
      },
      koffi: { version: '3.3.4' },
      cuda: expect.objectContaining({ state: expect.any(String) }),
      int8: { limit: expect.toBeOneOf([64, 127]) },
      rows: { exact: expect.toBeOneOf([true, false]) },
      threads: { used: expect.any(Number), cpus: expect.any(Number) },
      caches: {
        quantized: { folder: join(folder, 'cache'), entries: 0, bytes: 0 },
        hub: { folder: join(folder, 'hub', 'hub'), entries: 0, bytes: 0 },
      },
      selfTests: autoBackends.map((backend) => expect.objectContaining({ backend, passed: true })),
    }),
  ]);
});

it('exits with 5 and tells what to do where no native code can be loaded', async () => {
  const { status, stdout } = await maria(['doctor'], { env: { ...env, NODE_OPTIONS: '--no-addons' } });
  expect(status).toBe(5);
  expect(stdout).toMatch(/^✓ Node +v/);
  expect(stdout).toMatch(/^✗ koffi +Cannot load koffi.*\n +Try: npm install$/m);
  expect(stdout).toMatch(/^✗ test ort +Cannot load koffi/m);
  expect(stdout).toMatch(/^✗ test ort-node +Cannot load onnxruntime-node/m);
});
