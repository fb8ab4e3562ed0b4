// Each backbone's forward pass is traced once in a load, whatever reads its program.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { readArchitecture, Tensor } from '@maria/core';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { checkModel, checkPair } from '../check/check-quantized.js';
import { inspectModel } from '../inspect/inspect-model.js';
import { embeddedFolder } from '../pair/embedded-folder.js';
import { loadModel } from './load-model.js';

const traced = vi.hoisted(() => [] as string[]);
vi.mock('@maria/core', async (original) => {
  const core = await original<typeof import('@maria/core')>();
  const counted: typeof readArchitecture = (...config) => {
    const architecture = core.readArchitecture(...config);
    const { forward } = architecture as { forward(...given: unknown[]): Tensor };
    const counting = (...given: unknown[]) => {
      traced.push(architecture.modelType);
      return forward(...given);
    };
    return { ...architecture, forward: counting };
  };
  return { ...core, readArchitecture: counted };
});

const cache = mkdtempSync(join(tmpdir(), 'maria-trace-'));
afterAll(() => rmSync(cache, { recursive: true }));
beforeEach(() => {
  traced.length = 0;
  vi.stubEnv('MARIA_CACHE', cache);
});
afterEach(() => vi.unstubAllEnvs());

const embedded = embeddedFolder();
const check = { scheme: 'int8', text: 'Once upon a time there was a king.', backend: 'ort' } as const;

it.each([
  ['a load', () => loadModel({ backend: 'ort' })],
  ['a load of two folders', () => loadModel({ ar: join(embedded, 'ar'), mlm: join(embedded, 'mlm') })],
  ['a quantised load', () => loadModel({ quantize: 'int8' })],
  ['a comparison with what is quantised', () => checkPair({}, check)],
  ['an inspection', () => inspectModel(embedded)],
])('in %s', async (_, load) => {
  const loaded = await load();
  if ('findNonFiniteTensor' in loaded) {
    expect(await loaded.findNonFiniteTensor()).toBeUndefined();
    loaded.dispose();
  }
  expect(traced.toSorted()).toEqual(['modernbert', 'olmo']);
});

it.each(['ar', 'mlm'])('in a comparison of the %s alone', async (role) => {
  await checkModel(join(embedded, role), check);
  expect(traced).toHaveLength(1);
});
