// A library that is not what it says: it is refused before any of its functions is called.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { apiVersion } from './api-table.js';
import { findLibrary, loadLibrary } from './library.js';

interface Library {
  readonly version?: string;
  /** Addresses of struct OrtApiBase, and of struct OrtApi. */
  readonly base?: bigint;
  readonly api?: bigint;
  /** Why it does not load. */
  readonly error?: string;
}

const library = vi.hoisted(() => ({ current: {} as Library }));
const asked: number[] = [];
vi.mock('./koffi.js', () => ({
  loadKoffi: async () => {
    const { version = '1.30.0', base = 8n, api = 64n, error } = library.current;
    const functions: Readonly<Record<string, unknown>> = {
      1: (version: number) => {
        asked.push(version);
        return api || null;
      },
      2: () => version,
    };
    return {
      load: () => {
        if (error !== undefined) throw new Error(error);
        return { func: () => () => base || null };
      },
      proto: () => undefined,
      decode: Object.assign((address: bigint) => functions[String(address)], {
        uint64: (address: bigint) => address / 8n,
      }),
    };
  },
}));

beforeEach(() => {
  vi.stubEnv('MARIA_ORT_LIBRARY', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const loaded = (told: Library) => {
  library.current = told;
  return loadLibrary('/any/libonnxruntime.so.1', apiVersion);
};

it('is loaded where it is new enough, and asked for no newer table than maria knows', async () => {
  await expect(loaded({ version: '1.31.2' })).resolves.toMatchObject({ version: '1.31.2', apiAddress: 64n });
  expect(asked).toEqual([apiVersion]);
});

it.each<[string, Library, RegExp]>([
  ['does not load', { error: 'wrong ELF class: ELFCLASS32' }, /wrong ELF class/],
  ['is another library', { base: 0n }, /gave no table/],
  ['is too old', { version: '1.17.1', api: 0n }, /version 1\.17\.1 is too old: it has no C API version \d+/],
  [
    'says that it is older than its table',
    { version: '1.10.0' },
    /says that it is version 1\.10\.0, and 1\.\d+ or newer is needed/,
  ],
  ['says no version', { version: 'nightly' }, /version nightly, and 1\.\d+ or newer/],
  ['says another major version', { version: '2.30.0' }, /version 2\.30\.0, and 1\.\d+/],
])('is refused where it %s', async (_, told, message) => {
  await expect(loaded(told)).rejects.toMatchObject({
    code: 'onnxruntime-unusable',
    exitStatus: 5,
    message: expect.stringMatching(message),
    try: expect.stringContaining('npm install'),
  });
});

it('is the one that MARIA_ORT_LIBRARY names, a file or its folder', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'maria-library-'));
  const file = path.join(folder, 'libonnxruntime.so.1');
  writeFileSync(file, '');
  vi.stubEnv('MARIA_ORT_LIBRARY', file);
  expect(findLibrary('linux', 'x64')).toBe(file);
  vi.stubEnv('MARIA_ORT_LIBRARY', folder);
  expect(findLibrary('linux', 'x64')).toBe(file);
  await expect(loaded({ version: '1.2.3' })).rejects.toMatchObject({
    try: expect.stringMatching(/^Set MARIA_ORT_LIBRARY to a library of ONNX Runtime 1\.\d+ or newer/),
  });
  rmSync(folder, { recursive: true });
  expect(() => findLibrary('linux', 'x64')).toThrow(
    `MARIA_ORT_LIBRARY names ${folder}, and there is no file`,
  );
});
