// maria doctor and maria devices, on a machine where all is well and on one where native code cannot be loaded.
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
      devices: expect.arrayContaining([
        {
          device: 'cpu',
          name: expect.any(String),
          memory: { total: expect.any(Number), available: expect.any(Number) },
          usable: true,
          isThere: true,
          backends: ['ort', 'ort-node', 'reference'].map((backend) => ({ backend, usable: true })),
        },
        expect.objectContaining({ device: expect.stringMatching(/^cuda/), usable: expect.any(Boolean) }),
        expect.objectContaining({ device: expect.stringMatching(/^webgpu/), usable: expect.any(Boolean) }),
      ]),
      int8: { limit: expect.toBeOneOf([64, 127]) },
      int4: { exact: expect.toBeOneOf([true, false]) },
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

it('lists devices where no native code can be loaded', async () => {
  const { status, stdout } = await maria(['devices'], { env: { ...env, NODE_OPTIONS: '--no-addons' } });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^✓ cpu .*; with reference$/m);
  expect(stdout).toMatch(/^ {2}cpu +ort: Cannot load koffi.*\n +Try: npm install$/m);
  for (const device of ['cuda', 'webgpu'])
    expect(stdout).toMatch(new RegExp(`^[ !] ${device} +Cannot load koffi.*\n +Try: npm install$`, 'm'));
});

it.skipIf(process.platform !== 'linux')(
  'ends with 5, the cause and the next step where WebGPU has no driver',
  async () => {
    const noDriver = { ...env, VK_DRIVER_FILES: '/nowhere', VK_ICD_FILENAMES: '/nowhere' };
    const { status, stdout, stderr } = await maria(['infill', '--device', 'webgpu', 'A [MASK].'], {
      env: noDriver,
    });
    expect([status, stdout]).toEqual([5, '']);
    expect(stderr).toMatch(/^Cannot use the device "webgpu:0": .+\nTry: Install the Vulkan driver .+\n$/m);
  },
);
