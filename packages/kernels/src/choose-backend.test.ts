// Which backend and device are chosen, and what is said when they are not the first choice.

import type { MariaError } from '@maria/core';
import { describe, expect, it, vi } from 'vitest';
import type { BackendChoice } from './backends.js';
import { type ChooseBackendOptions, chooseBackend } from './choose-backend.js';
import type { DeviceChoice } from './device.js';

const gpu = vi.hoisted(() => ({ isUsingGpuDevice: false }));
vi.mock('@tensorflow/tfjs-node-gpu', async () => {
  const { loadTfjsOnCpu } = await import('./tfjs/tfjs-cpu.test.support.js');
  const tf = await loadTfjsOnCpu();
  return { default: { ...tf, backend: () => gpu } };
});

async function choose(options: ChooseBackendOptions) {
  const warnings: string[] = [];
  const backend = await chooseBackend({ ...options, onWarning: (warning) => warnings.push(warning) });
  return { name: backend.name, warnings };
}

describe('chooseBackend', () => {
  it('falls back with one warning that names the reason', async () => {
    const { name, warnings } = await choose({ libraryPath: '/nowhere/libonnxruntime.so' });
    expect(name).toBe('ort-node');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^Cannot load ONNX Runtime from \/nowhere\/libonnxruntime\.so: /);
    await expect(choose({ libraryPath: '/nowhere/libonnxruntime.so' })).resolves.toMatchObject({
      name: 'ort-node',
    });
  });

  it('does not fall back when the C API was asked for', async () => {
    await expect(choose({ backend: 'ort', libraryPath: '/nowhere/libonnxruntime.so' })).rejects.toMatchObject(
      {
        code: 'onnxruntime-unusable',
      },
    );
  });

  it('takes the C API first, and the binding when asked, without a word', async () => {
    expect(await choose({})).toEqual({ name: 'ort', warnings: [] });
    expect(await choose({ backend: 'ort-node' })).toEqual({ name: 'ort-node', warnings: [] });
  });

  it('takes TensorFlow.js only where it computes on a GPU', async () => {
    await expect(choose({ backend: 'tfjs' })).rejects.toMatchObject({ code: 'tfjs-no-gpu' });
    gpu.isUsingGpuDevice = true;
    expect(await choose({ backend: 'tfjs' })).toEqual({ name: 'tfjs', warnings: [] });
  });

  it('takes the device that a backend has, and refuses others by their names before anything is loaded', async () => {
    for (const device of ['auto', 'cpu'] as const)
      expect((await chooseBackend({ backend: 'ort', device })).device).toBe('cpu');
    gpu.isUsingGpuDevice = true;
    expect((await chooseBackend({ backend: 'tfjs' })).device).toBe('cuda:0');
    expect((await chooseBackend({ backend: 'tfjs', device: 'cuda' })).device).toBe('cuda:0');
    const unfit = [
      ['tfjs', 'cpu', 'it has cuda only'],
      ['tfjs', 'webgpu:1', 'it has cuda only'],
      ['ort-node', 'cuda', 'it has cpu only'],
      ['reference', 'webgpu', 'it has cpu only'],
    ] as const;
    for (const [backend, device, message] of unfit)
      await expect(chooseBackend({ backend, device })).rejects.toMatchObject({
        code: 'device-unfit',
        exitStatus: 2,
        message: expect.stringContaining(message),
        facts: { backends: expect.not.arrayContaining([backend]) },
      });
    for (const device of ['gpu', 'cpu:1', 'cuda:x'] as string[] as DeviceChoice[])
      await expect(chooseBackend({ device })).rejects.toMatchObject({
        code: 'device-unknown',
        message: expect.stringContaining(`"${device}"`),
      });
  });

  it('lets nothing stand in for a device that cannot be used', async () => {
    const { name, device } = await chooseBackend({ device: 'webgpu', onWarning: expect.unreachable }).catch(
      (error: MariaError) => ({ name: error.code, device: error.exitStatus }),
    );
    // On a machine with a driver it is the device that was asked for.
    expect([
      ['ort', 'webgpu:0'],
      ['device-unusable', 5],
    ]).toContainEqual([name, device]);
    await expect(chooseBackend({ device: 'webgpu:1' })).rejects.toMatchObject({
      code: 'device-unusable',
      message: expect.stringContaining('"webgpu:1"'),
    });
  });

  it('refuses what only CUDA has on other devices', async () => {
    for (const options of [
      { gpuMemory: 1e9 },
      { tf32: true, device: 'webgpu' },
      { tf32: true, device: 'cuda', backend: 'tfjs' },
    ] as ChooseBackendOptions[])
      await expect(chooseBackend(options)).rejects.toMatchObject({ code: 'device-option', exitStatus: 2 });
  });

  it('refuses unknown names and thread counts', async () => {
    await expect(choose({ backend: 'cuda' as BackendChoice })).rejects.toThrow(
      'Cannot use the backend "cuda"',
    );
    for (const threads of [0, -1, 1.5, Number.NaN])
      await expect(choose({ threads })).rejects.toMatchObject({
        message: expect.stringContaining(`Cannot use ${threads} threads`),
        try: expect.stringContaining('physical cores'),
      });
  });
});
