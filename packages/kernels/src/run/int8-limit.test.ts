// The probe of int8 products: exact kernels keep 8 bits, ones that stop at 16 bits get smaller weights, and others are refused.
import { type Backend, compileReference, type Executable, referenceBackend } from '@maria/core';
import { expect, it } from 'vitest';
import { ortBackend } from '../ort/ort-backend.js';
import { int8Limit } from './int8-limit.js';

/** The reference, with results changed by `spoil` where weights are of 8 bits, or of any size. */
function spoiled(spoil: (largest: number, data: Float32Array) => void): Backend {
  return {
    name: 'spoiled',
    device: 'cpu',
    compile: async (program, weights): Promise<Executable> => {
      const executable = compileReference(program, weights);
      return {
        ...executable,
        run: async (inputs) => {
          const outputs = executable.runSync(inputs);
          spoil(Math.max(...weights.read('w')), outputs.y!.data as Float32Array);
          return outputs;
        },
      };
    },
  };
}

it('keeps 8 bits where sums are exact', async () => {
  expect(await int8Limit(referenceBackend())).toBe(127);
});

it('makes weights smaller where one sum in many is cut off', async () => {
  const saturating = spoiled((largest, data) => {
    if (largest === 127 && data.length > 16 * 83) data[data.length - 1]! -= 700;
  });
  expect(await int8Limit(saturating)).toBe(64);
});

it('refuses sums that are wrong whatever the weights, and NaN', async () => {
  const wrong = spoiled((_, data) => data.fill(Number.NaN));
  await expect(int8Limit(wrong)).rejects.toMatchObject({ code: 'int8-inexact', exitStatus: 5 });
});

it('finds a limit on this machine', async () => {
  expect([64, 127]).toContain(await int8Limit(ortBackend()));
});
