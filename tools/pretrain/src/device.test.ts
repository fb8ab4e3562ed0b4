// Training programs on WebGPU, by the driver of Chromium: every op of them has a kernel there, and the first step is that of the CPU.
import { existsSync } from 'node:fs';
import { createTrainer } from '@maria/core';
import { chooseBackend, type DeviceChoice, loadKoffi } from '@maria/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { pretrainingLosses } from './loss.js';
import { architectureOf, batchOf, type Family, families } from './tiny-models.test.support.js';
import { initializeParameters, TrainableWeights } from './trainable-weights.js';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const vulkan = '/usr/lib/chromium/libvulkan.so.1';
const isMissing = !(existsSync(driver) && existsSync(vulkan));

describe.skipIf(isMissing)('webgpu, by the driver of Chromium', () => {
  let held: unknown;
  beforeAll(async () => {
    Object.assign(process.env, { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver });
    // The library is found by its name while something holds it.
    held = (await loadKoffi()).load(vulkan);
  });

  async function opened(family: Family, device: DeviceChoice) {
    const architecture = architectureOf(family);
    const weights = new TrainableWeights(initializeParameters(architecture, 1));
    const losses = pretrainingLosses(architecture, weights);
    const backend = await chooseBackend({ device, threads: 1 });
    const { trained: parameters, blocks } = weights;
    return createTrainer(backend, { parameters, blocks, losses, clip: 1 });
  }

  it.each(families)('has all kernels to train %s', async (family) => {
    const trainer = await opened(family, 'webgpu');
    expect(held).toBeDefined();
    trainer.dispose();
  });

  // Each kernel of another shape is compiled for seconds: of one family, and of one pass.
  it('sums the gradients of tokens that repeat as the CPU does', async () => {
    const batch = batchOf('olmo', 0, { windows: 2, length: 12 });
    const norms: number[] = [];
    for (const device of ['cpu', 'webgpu'] as const) {
      const trainer = await opened('olmo', device);
      await trainer.accumulate(batch);
      norms.push(await trainer.update(0.01));
      trainer.dispose();
    }
    expect(Math.abs(norms[1]! / norms[0]! - 1)).toBeLessThan(1e-5);
  });
});
