// Which backend is chosen, and what is said when it is not the first choice.
import { describe, expect, it, vi } from 'vitest';
import type { BackendChoice } from './backends.js';
import { type ChooseBackendOptions, chooseBackend } from './choose-backend.js';

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
