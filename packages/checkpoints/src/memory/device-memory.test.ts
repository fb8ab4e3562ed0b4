// What memory a model on a device may take: what its driver tells, up to the user's limit.
import { describe, expect, it } from 'vitest';
import { availableMemory, placeOf } from './available.js';
import { type FoundCards, memoryOf } from './device-memory.js';

const GiB = 2 ** 30;
const cards: FoundCards = {
  cuda: async () => [
    { name: 'NVIDIA H200', memory: { total: 141 * GiB, available: 100 * GiB }, generation: 9 },
    { name: 'NVIDIA T4', memory: { total: 16 * GiB }, generation: 7 },
  ],
  vulkan: async () => [{ name: 'AMD Radeon', memory: { total: 24 * GiB } }],
};

describe('memoryOf', () => {
  it('is what is left on the device, or most of it where that is not told', async () => {
    const first = await memoryOf({ kind: 'cuda', index: 0 }, undefined, cards);
    expect(first).toEqual({ bytes: 100 * GiB, total: 141 * GiB, limit: 'device' });
    expect(placeOf(first)).toBe('left on the device');
    const { bytes } = await memoryOf({ kind: 'cuda', index: 1 }, undefined, cards);
    expect(bytes / GiB).toBeCloseTo(12.8);
    expect((await memoryOf({ kind: 'webgpu', index: 0 }, undefined, cards)).total).toBe(24 * GiB);
  });

  it('is no more than the user allows', async () => {
    expect((await memoryOf({ kind: 'cuda', index: 0 }, GiB, cards)).bytes).toBe(GiB);
    expect((await memoryOf({ kind: 'cuda', index: 0 }, 1000 * GiB, cards)).bytes).toBe(100 * GiB);
  });

  it('is that of the machine where no driver tells', async () => {
    const none: FoundCards = {
      cuda: () => Promise.reject(new Error('broken')),
      vulkan: async () => undefined,
    };
    for (const kind of ['cuda', 'webgpu'] as const)
      expect((await memoryOf({ kind, index: 0 }, undefined, none)).total).toBe(availableMemory().total);
  });
});
