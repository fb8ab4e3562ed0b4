// Loading TensorFlow.js: what is said when it is missing, broken, without a GPU; and what is set before it loads.
import { DeviceError } from '@maria/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadTfjs, type Tfjs } from './library.js';

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

beforeEach(() => {
  vi.stubEnv('NVIDIA_TF32_OVERRIDE', undefined);
  vi.stubEnv('TF_CPP_MIN_LOG_LEVEL', '0');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it('loads with full float32 products, and leaves what the user has set', async () => {
  let seen: unknown[] = [];
  const load = libraryWith();
  await loadTfjs(() => {
    seen = [process.env.NVIDIA_TF32_OVERRIDE, process.env.TF_CPP_MIN_LOG_LEVEL];
    return load();
  });
  expect(seen).toEqual(['0', '0']);
});

it('says how to install what is missing', async () => {
  const missing = Object.assign(
    new Error("Cannot find package '@tensorflow/tfjs-node-gpu' imported from x.js"),
    {
      code: 'ERR_MODULE_NOT_FOUND',
    },
  );
  await expect(loadTfjs(failing(missing))).rejects.toMatchObject({
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
  await expect(loadTfjs(failing(broken))).rejects.toMatchObject({
    code: 'tfjs-unusable',
    message: "Cannot load @tensorflow/tfjs-node-gpu: Cannot find package 'progress' imported from y.js",
    try: expect.stringContaining('npm rebuild @tensorflow/tfjs-node-gpu'),
  });
});

it('finds out that nothing can be computed, as on Node 23 and later', async () => {
  const dataSync = () => {
    throw new TypeError('util_1.isNullOrUndefined is not a function');
  };
  await expect(loadTfjs(libraryWith({ dataSync }))).rejects.toMatchObject({
    code: 'tfjs-unusable',
    message: expect.stringContaining('isNullOrUndefined'),
    try: expect.stringContaining('Node 20 or 22'),
  });
});

it('does not compute on the processor in silence when there is no GPU', async () => {
  const refused = loadTfjs(libraryWith({ isUsingGpuDevice: false }));
  await expect(refused).rejects.toBeInstanceOf(DeviceError);
  await expect(refused).rejects.toMatchObject({ code: 'tfjs-no-gpu', try: expect.stringContaining('CUDA') });
});
