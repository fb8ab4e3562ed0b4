// What was found about rows is kept, and only for the very library, processor and kind of model.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@maria/core';
import { rowsAreExact } from '@maria/kernels';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { knownRowsAreExact } from './known-rows.js';

const library = vi.hoisted(() => ({ path: '' }));
vi.mock('@maria/kernels', async (original) => ({
  ...(await original<typeof import('@maria/kernels')>()),
  findLibrary: () => library.path,
  rowsAreExact: vi.fn(async () => false),
}));

const measure = vi.mocked(rowsAreExact);
const ort = { name: 'ort', device: 'cpu' } as Backend;
const probe = { threads: 2, headSize: 64, storage: 'float32', int4: false } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maria-rows-'));
  vi.stubEnv('MARIA_CACHE', join(folder, 'cache'));
  library.path = join(folder, 'library');
  writeFileSync(library.path, 'a library');
  measure.mockReset().mockResolvedValue(false);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const kept = () => join(folder, 'cache/rows', readdirSync(join(folder, 'cache/rows'))[0]!);

it.each([true, false])('measures once: %s', async (exact) => {
  measure.mockResolvedValueOnce(exact).mockResolvedValueOnce(!exact);
  expect(await knownRowsAreExact(ort, probe)).toBe(exact);
  expect(await knownRowsAreExact(ort, probe)).toBe(exact);
  expect(measure).toHaveBeenCalledOnce();
});

it.each([
  ['threads', ort, { ...probe, threads: 3 }],
  ['size of a head', ort, { ...probe, headSize: 32 }],
  ['storage', ort, { ...probe, storage: 'float16' }],
  ['int4', ort, { ...probe, int4: true }],
  ['form of attention', ort, { ...probe, limited: true }],
  ['backend', { name: 'ort-node', device: 'cpu' } as Backend, probe],
  ['device', { name: 'ort', device: 'webgpu:0' } as Backend, probe],
] as const)('measures again for another %s', async (_, backend, other) => {
  await knownRowsAreExact(ort, probe);
  await knownRowsAreExact(backend, other);
  expect(measure).toHaveBeenCalledTimes(2);
});

it('measures again for another library', async () => {
  await knownRowsAreExact(ort, probe);
  writeFileSync(library.path, 'another library');
  await knownRowsAreExact(ort, probe);
  expect(measure).toHaveBeenCalledTimes(2);
});

it.each(['', 'exac', 'true', '__proto__', '\0\0\0\0\0'])(
  'measures again where the file holds %j',
  async (damaged) => {
    await knownRowsAreExact(ort, probe);
    writeFileSync(kept(), damaged);
    measure.mockResolvedValueOnce(true);
    expect(await knownRowsAreExact(ort, probe)).toBe(true);
    expect(readFileSync(kept(), 'utf8')).toBe('exact');
  },
);

it('measures each time where nothing can be kept', async () => {
  // A file where the folder should be: not even root can write there.
  vi.stubEnv('MARIA_CACHE', library.path);
  for (const exact of [true, false]) {
    measure.mockResolvedValueOnce(exact);
    expect(await knownRowsAreExact(ort, probe)).toBe(exact);
  }
});

it('keeps nothing about other backends, nor without the library', async () => {
  await knownRowsAreExact({ name: 'tfjs-cpu' } as Backend, probe);
  rmSync(library.path);
  await knownRowsAreExact(ort, probe);
  expect(readdirSync(folder)).toEqual([]);
});
