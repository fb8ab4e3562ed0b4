// For tests: the backends of the table that are held to the reference. What needs a GPU computes in plain JavaScript.
import type { Backend } from '@maria/core';
import { vi } from 'vitest';
import { type BackendName, backendNames, backends } from './backends.js';

vi.mock('@tensorflow/tfjs-node-gpu', async () => {
  const { loadTfjsOnCpu } = await import('./tfjs/tfjs-cpu.test.support.js');
  const tf = await loadTfjsOnCpu();
  return { default: { ...tf, backend: () => ({ isUsingGpuDevice: true }) } };
});

export const openedBackends: readonly (readonly [BackendName, Backend])[] = await Promise.all(
  backendNames
    .filter((name) => name !== 'reference')
    .map(async (name) => [name, await backends[name].open({ threads: 2 })] as const),
);
