// A run is refused with the numbers where memory is short.
import { expect, it } from 'vitest';
import { refuseShortMemory } from './refuse-short-memory.js';

const GiB = 2 ** 30;
const memory = {
  backbones: 2 * GiB,
  head: GiB,
  optimizer: 2 * GiB,
  gradient: GiB,
  logits: 0,
  features: 3 * GiB,
  evaluation: 0,
  data: 0,
};

it('tells what the run takes, its largest parts, and what there is', () => {
  const refuse = (bytes: number) =>
    refuseShortMemory({ memory }, undefined, { bytes, total: 16 * GiB, limit: 'process' });
  expect(() => refuse(9 * GiB)).not.toThrow();
  expect(() => refuse(9 * GiB - 1)).toThrow(
    expect.objectContaining({
      code: 'memory-short',
      exitStatus: 5,
      message:
        'Cannot train: it takes about 9.00 GiB of memory (features 3.00 GiB, backbones 2.00 GiB, optimizer 2.00 GiB, …), and 9.00 GiB are left of the limit of this process.',
    }),
  );
});

it('tells what a device takes of it', () => {
  const machine = { bytes: 16 * GiB, total: 16 * GiB, limit: 'machine' } as const;
  const refuse = (bytes: number) =>
    refuseShortMemory({ memory }, { bytes, total: 8 * GiB, limit: 'device' }, machine);
  expect(() => refuse(7 * GiB)).not.toThrow();
  expect(() => refuse(7 * GiB - 1)).toThrow(
    'it takes about 7.00 GiB of memory (backbones 2.00 GiB, optimizer 2.00 GiB, gradient 2.00 GiB, …), and 7.00 GiB are left on the device',
  );
});
