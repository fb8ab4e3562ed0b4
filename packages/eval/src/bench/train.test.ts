// The training benchmark: what it counts, and that wrong results are not timed.
import { type Backend, referenceBackend } from '@maria/core';
import { expect, it } from 'vitest';
import { benchmarkTraining, type TrainBenchmarkOptions } from './train.js';

const sizes = { vocabularySize: 50, arHiddenSize: 6, mlmHiddenSize: 4, tokens: 10, chunk: 4 };

function options(backend: Backend): TrainBenchmarkOptions {
  let now = 0;
  return {
    backend,
    sizes,
    repetitions: 2,
    warmUp: 1,
    // Each reading is a millisecond after the one before.
    clock: () => now++,
    cpuClock: () => 3 * now,
    peakBytes: () => 100_000,
  };
}

/** The reference for small programs; the large product is not computed. */
const quick: Backend = {
  name: 'quick',
  device: 'cpu',
  compile: async (program, weights, variables) =>
    program.inputs.has('a')
      ? {
          run: async () => ({}),
          interrupt: () => {},
          runsAtOnce: 1,
          mostSequences: 1,
          stateBytes: 0,
          copyLane: async () => {},
          dispose: () => {},
        }
      : referenceBackend().compile(program, weights, variables),
};

it('counts tokens, operations and bytes', async () => {
  const record = await benchmarkTraining(options(quick));
  expect(record).toMatchObject({
    sizes,
    check: { error: 0, correct: true },
    ms: { step: { min: 2, median: 2 }, gradient: { min: 1, median: 1 }, update: { min: 1, median: 1 } },
    tokensPerSecond: 5000,
    memory: { head: 2200, optimizer: 4400, peak: 100_000, beyond: 93_400 },
  });
  expect(record.gigaflopsPerSecond).toBeCloseTo((4 * 10 * 10 * 50) / 2 / 1e6, 12);
  expect(record.gigaflopsPerCpuSecond).toBeLessThan(record.gigaflopsPerSecond!);
  expect(record.matmul!.gigaflopsPerSecond).toBeCloseTo((2 * 128 ** 3) / 1e6, 9);
  // No larger than a step is worth. A step takes twice as long as a product here.
  expect(record.shareOfMatmul!.time).toBeCloseTo((4 * 10 * 10 * 50) / 2 / (2 * 128 ** 3), 12);
});

it('does not time a backend that computes something else', async () => {
  const wrong: Backend = {
    name: 'wrong',
    device: 'cpu',
    compile: async (program, weights, variables) => {
      const executable = await referenceBackend().compile(program, weights, variables);
      const value = [...program.updates.keys()].find((name) => name.startsWith('value'));
      return {
        ...executable,
        run: async (inputs, memory = variables!) => {
          const outputs = await executable.run(inputs, memory);
          if (value !== undefined) memory[value]![0]! += 0.1;
          return outputs;
        },
      };
    },
  };
  const record = await benchmarkTraining(options(wrong));
  expect(record.check.correct).toBe(false);
  expect(record.ms).toBeUndefined();
});

it('stops at the signal', async () => {
  await expect(benchmarkTraining({ ...options(quick), signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'interrupted',
  });
});
