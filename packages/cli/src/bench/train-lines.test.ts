// Lines of the training benchmark: numbers, the limit of memory, and a wrong result.
import { expect, test } from 'vitest';
import { trainLines } from './train-lines.js';

const sizes = { vocabularySize: 50304, arHiddenSize: 2048, mlmHiddenSize: 1024, tokens: 1024, chunk: 256 };
const time = (min: number) => ({ min, median: 1.5 * min });
const record = {
  sizes,
  check: { error: 1e-6, tolerance: 1e-4, correct: true },
  ms: { step: time(4000), gradient: time(3600), update: time(400) },
  tokensPerSecond: 256,
  gigaflopsPerSecond: 158.2,
  gigaflopsPerCpuSecond: 80,
  matmul: { gigaflopsPerSecond: 200, gigaflopsPerCpuSecond: 100 },
  shareOfMatmul: { time: 0.79, cpuTime: 0.802 },
  memory: { head: 2 ** 29, optimizer: 2 ** 30, peak: 5 * 2 ** 29, beyond: 2 ** 30 },
};

test('tells speed, its part of a plain product, and memory', () => {
  expect(trainLines(record, 2 ** 30)).toEqual([
    'head training, V 50304, d 2048 + 1024, 1024 masked tokens a step',
    'step: 4000 ms (median 6000): losses and gradients 3600, optimiser 400, 0.10 of the step',
    'speed: 256 tokens/s, 158 GFLOP/s, 80.0 a CPU second',
    'a product of matrices: 200 GFLOP/s, 100 a CPU second; training runs at 79 % of it, 80 % by CPU time',
    'memory: peak 2.50 GiB: head 512 MiB, optimiser 1.00 GiB, the rest 1.00 GiB, at most 1.00 GiB: pass',
  ]);
  expect(trainLines(record, 2 ** 29).at(-1)).toMatch(/FAIL$/);
  expect(trainLines(record, undefined).at(-1)).toMatch(/the rest 1\.00 GiB$/);
});

test('tells a wrong result, and nothing else', () => {
  const { sizes: same, check } = record;
  expect(trainLines({ sizes: same, check: { ...check, error: 0.02, correct: false } }, 1)).toEqual([
    'head training, V 50304, d 2048 + 1024, 1024 masked tokens a step: wrong, it differs from the reference by 2.0e-2',
  ]);
});
