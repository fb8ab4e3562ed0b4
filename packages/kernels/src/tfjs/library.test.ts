// Loading TensorFlow.js: what is said when it is missing, broken, without a GPU; and what is set before it loads.
import { DeviceError } from '@maria/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LoadOptions, loadTfjs, type Tfjs } from './library.js';

/** As much of the library as loading needs. */
function libraryWith({ isUsingGpuDevice = true, dataSync = () => Float32Array.of(2) } = {}) {
  const tf = {
    ready: async () => {},
    tidy: (compute: () => unknown) => compute(),
    add: () => ({ dataSync }),
    backend: () => ({ isUsingGpuDevice }),
  };
  return async () => ({ default: tf as object as Tfjs });
}

const failing = (error: Error) => () => Promise.reject(error);

const names = ['NVIDIA_TF32_OVERRIDE', 'TF_CPP_MIN_LOG_LEVEL', 'CUDA_CACHE_MAXSIZE', 'CUDA_VISIBLE_DEVICES'];

beforeEach(() => {
  // The card is that of the process: each test has a process's first load.
  vi.resetModules();
  for (const name of names) vi.stubEnv(name, undefined);
  vi.stubEnv('TF_CPP_MIN_LOG_LEVEL', '0');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it('loads with full float32 products, and leaves what the user has set', async () => {
  let seen: unknown[] = [];
  const load = libraryWith();
  await loadTfjs(0, {
    importLibrary: () => {
      seen = names.map((name) => process.env[name]);
      return load();
    },
  });
  expect(seen).toEqual(['0', '0', '4294967296', undefined]);
});

it('says how to install what is missing', async () => {
  const missing = Object.assign(
    new Error("Cannot find package '@tensorflow/tfjs-node-gpu' imported from x.js"),
    {
      code: 'ERR_MODULE_NOT_FOUND',
    },
  );
  await expect(loadTfjs(0, { importLibrary: failing(missing) })).rejects.toMatchObject({
    code: 'tfjs-missing',
    exitStatus: 5,
    message: 'Cannot use the backend tfjs: @tensorflow/tfjs-node-gpu is not installed.',
    try: 'npm install @tensorflow/tfjs-node-gpu@4.22.0',
  });
});

it('tells a package that is there and does not load from one that is missing', async () => {
  const broken = Object.assign(new Error("Cannot find package 'progress' imported from y.js\nmore"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  await expect(loadTfjs(0, { importLibrary: failing(broken) })).rejects.toMatchObject({
    code: 'tfjs-unusable',
    message: "Cannot load @tensorflow/tfjs-node-gpu: Cannot find package 'progress' imported from y.js",
    try: expect.stringContaining('npm rebuild @tensorflow/tfjs-node-gpu'),
  });
});

it('finds out that nothing can be computed, as on Node 23 and later', async () => {
  const dataSync = () => {
    throw new TypeError('util_1.isNullOrUndefined is not a function');
  };
  await expect(loadTfjs(0, { importLibrary: libraryWith({ dataSync }) })).rejects.toMatchObject({
    code: 'tfjs-unusable',
    message: expect.stringContaining('isNullOrUndefined'),
    try: expect.stringContaining('Node 20 or 22'),
  });
});

it('does not compute on the processor in silence when there is no GPU', async () => {
  const refused = loadTfjs(0, { importLibrary: libraryWith({ isUsingGpuDevice: false }) });
  await expect(refused).rejects.toBeInstanceOf(DeviceError);
  await expect(refused).rejects.toMatchObject({ code: 'tfjs-no-gpu', try: expect.stringContaining('CUDA') });
});

describe('which card', () => {
  const fresh = async () => (await import('./library.js')).loadTfjs;

  it.each([
    [0, undefined, undefined],
    [2, undefined, '2'],
    [1, '3,5', '5'],
    [7, '3,5', '-1'],
  ])('lets the library see card %s of %s as %s', async (index, visible, expected) => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', visible);
    await (await fresh())(index, { importLibrary: libraryWith() });
    expect(process.env.CUDA_VISIBLE_DEVICES).toBe(expected);
  });

  it('refuses a second card in one process, which the library would not hear of', async () => {
    const load = await fresh();
    await load(0, { importLibrary: libraryWith() });
    await load(0, { importLibrary: libraryWith() });
    await expect(load(1, { importLibrary: libraryWith() })).rejects.toMatchObject({
      code: 'tfjs-twice',
      message: expect.stringContaining('already computes on cuda:0'),
    });
  });

  it('warns of a card that is newer than what it was made for', async () => {
    const warningsFor = async (generation: number) => {
      const warnings: string[] = [];
      const options: LoadOptions = {
        importLibrary: libraryWith(),
        findCards: async () => [{ name: 'NVIDIA H100', memory: { total: 1 }, generation }],
        onWarning: (message) => warnings.push(message),
      };
      await (await fresh())(0, options);
      return warnings;
    };
    expect(await warningsFor(8)).toEqual([]);
    expect(await warningsFor(9)).toEqual([expect.stringMatching(/NVIDIA H100.*half an hour.*4294967296/)]);
  });
});
