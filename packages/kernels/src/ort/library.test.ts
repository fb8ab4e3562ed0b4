// The library is found, loaded once, and refused with a reason where it cannot be used.
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DeviceError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { findLibrary } from './library.js';
import { loadRuntime } from './runtime.js';

describe('findLibrary', () => {
  it('finds the file that the binding of onnxruntime-node links', () => {
    expect(path.basename(findLibrary('linux', 'x64'))).toBe('libonnxruntime.so.1');
    expect(path.basename(findLibrary('darwin', 'arm64'))).toBe('libonnxruntime.1.dylib');
    expect(path.basename(findLibrary('win32', 'x64'))).toBe('onnxruntime.dll');
  });

  it.each([
    ['linux', 's390x'],
    ['freebsd', 'x64'],
  ] as const)('says so when there is none for %s/%s', (platform, arch) => {
    expect(() => findLibrary(platform, arch)).toThrow(`has none for ${platform}/${arch}`);
    expect(() => findLibrary(platform, arch)).toThrow(DeviceError);
  });
});

describe('loadRuntime', () => {
  it('refuses a missing file and a file that is no library, and can be tried again', async () => {
    const noLibrary = path.join(tmpdir(), `maria-no-library-${process.pid}.so`);
    writeFileSync(noLibrary, 'not a library');
    for (const file of ['/nowhere/libonnxruntime.so', noLibrary])
      await expect(loadRuntime(file)).rejects.toMatchObject({
        code: 'onnxruntime-unusable',
        message: expect.stringContaining(`Cannot load ONNX Runtime from ${file}`),
      });
    rmSync(noLibrary);
    await expect(loadRuntime()).resolves.toMatchObject({
      library: { version: expect.stringMatching(/^1\./) },
    });
  });

  it('loads once, and refuses a second library in the process', async () => {
    const [first, second] = await Promise.all([loadRuntime(), loadRuntime()]);
    expect(second).toBe(first);
    await expect(loadRuntime('/elsewhere/libonnxruntime.so')).rejects.toMatchObject({
      code: 'onnxruntime-twice',
    });
  });
});
