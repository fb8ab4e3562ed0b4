// Head training against PyTorch: losses, gradients, and the head after 1 and 5 steps of AdamW, on every backend.
import { createHeadTrainer, type HeadArrays, type HiddenRows, type Matrix, objectiveOf } from '@maria/core';
import { backendNames, chooseBackend } from '@maria/kernels';
import { describe, expect, it } from 'vitest';
import { isSimulated } from './backends.js';
import { maxDifference, openGoldenTensors, readGoldenJson } from './golden-files.js';

const golden = readGoldenJson<{
  N: number;
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  steps: number;
  losses_float32: number[];
}>('training/olmo+modernbert.json');
const tensors = openGoldenTensors('training/olmo+modernbert.safetensors');
const dAr = 64;

/** Columns [start, end) of a matrix. */
function columns(name: string, start: number, end?: number): Matrix {
  const [rows, width] = tensors.shape(name) as [number, number];
  const count = (end ?? width) - start;
  const data = new Float32Array(rows * count);
  for (let i = 0; i < rows; i++)
    data.set(tensors.floats(name).subarray(i * width + start, i * width + start + count), i * count);
  return { rows, columns: count, data };
}

const rows: HiddenRows = {
  ar: columns('H', 0, dAr),
  mlm: columns('H', dAr),
  targets: tensors.ints('targets'),
};

const startingHead = (): HeadArrays => ({
  vocabularySize: tensors.shape('W3')[0]!,
  ar: columns('W3', 0, dAr).data,
  mlm: columns('W3', dAr).data,
  bias: tensors.floats('bias').slice(),
});

const optimizer = {
  beta1: golden.betas[0],
  beta2: golden.betas[1],
  epsilon: golden.eps,
  weightDecay: golden.weight_decay,
};

/** How many elements differ by more than `limit`. */
function countAbove(actual: Float32Array, expected: Float32Array, limit: number): number {
  return expected.reduce((count, x, i) => count + (Math.abs(actual[i]! - x) > limit ? 1 : 0), 0);
}

describe.each(backendNames)('%s', (choice) => {
  // The kernels in JavaScript take seconds.
  it.each(isSimulated(choice) ? [1000] : [1000, 7])('in chunks of %i tokens', async (chunk) => {
    const trainer = await createHeadTrainer(await chooseBackend({ backend: choice }), {
      head: startingHead(),
      optimizer,
      chunk,
    });
    for (let step = 0; step < golden.steps; step++) {
      const before = objectiveOf(await trainer.losses(rows)).loss;
      const { loss, tokens } = objectiveOf(await trainer.accumulate(rows));
      expect(tokens).toBe(golden.N);
      expect(Math.abs(before - loss)).toBeLessThan(1e-6);
      expect(Math.abs(loss - golden.losses_float32[step]!)).toBeLessThan(1e-5);
      if (step === 0) {
        const mean = (sums: Float32Array) => sums.map((x) => x / golden.N);
        const gradient = await trainer.gradient();
        expect(maxDifference(mean(gradient.ar), columns('grad_W3', 0, dAr).data)).toBeLessThan(1e-6);
        expect(maxDifference(mean(gradient.mlm), columns('grad_W3', dAr).data)).toBeLessThan(1e-6);
        expect(maxDifference(mean(gradient.bias), tensors.floats('grad_bias'))).toBeLessThan(1e-6);
      }
      await trainer.update(golden.lr);
      expect(trainer.steps).toBe(step + 1);
      if (step === 0 || step === 4) {
        const head = await trainer.head();
        for (const [actual, expected] of [
          [head.ar, columns(`W3_after${step + 1}`, 0, dAr).data],
          [head.mlm, columns(`W3_after${step + 1}`, dAr).data],
        ] as const) {
          expect(maxDifference(actual, expected)).toBeLessThan(1e-3);
          expect(countAbove(actual, expected, 2e-5)).toBeLessThanOrEqual(expected.length / 10000);
        }
        expect(maxDifference(head.bias, tensors.floats(`bias_after${step + 1}`))).toBeLessThan(2e-5);
      }
    }
    const { loss } = objectiveOf(await trainer.losses(rows));
    expect(Math.abs(loss - golden.losses_float32[5]!)).toBeLessThan(1e-5);
    trainer.dispose();
  });
});
