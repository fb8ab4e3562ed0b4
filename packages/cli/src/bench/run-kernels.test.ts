// What is shown of kernel benchmarks, sound and wrong.
import { type Backend, referenceBackend } from '@maria/core';
import * as bench from '@maria/eval';
import { expect, test } from 'vitest';
import { type KernelRun, runKernels } from './run-kernels.js';

const mini = {
  name: 'mini',
  hiddenSize: 8,
  innerSize: 16,
  vocabularySize: 24,
  heads: 2,
  kvHeads: 2,
  capacities: [16],
};
const decodeStep = { layers: 1, hiddenSize: 16, heads: 2, innerSize: 24, context: 8 };

/** The reference evaluation, with results that are a tenth too large. */
const wrongBackend: Backend = {
  name: 'wrong',
  device: 'cpu',
  compile: async (program, weights, variables) => {
    const executable = await referenceBackend().compile(program, weights, variables);
    return {
      ...executable,
      run: async (inputs) => {
        const outputs = Object.entries(await executable.run(inputs));
        const tooLarge = (data: ArrayLike<number>) => Float32Array.from(data, (value) => 1.1 * value);
        return Object.fromEntries(
          outputs.map(([name, value]) => [name, { ...value, data: tooLarge(value.data) }]),
        );
      },
    };
  },
};

async function shown(backend: Backend, json = false) {
  let stdout = '';
  const notes: string[] = [];
  // Ten milliseconds pass with each look at the clock.
  let now = 0;
  const run: KernelRun = {
    backend,
    kernels: ['softmax'],
    models: [mini],
    decodeStep,
    repetitions: 1,
    warmUp: 0,
    clock: () => {
      now += 10;
      return now;
    },
    machine: { cpu: 'any', cpus: 2, memoryGiB: 8, load: 0, node: 'v20' },
    json,
    sink: {
      write: async (text) => {
        stdout += text;
      },
      close: async () => {},
      abandon: async () => undefined,
    },
    note: (line) => notes.push(line),
  };
  return { wrong: await runKernels(bench, run), lines: stdout.trimEnd().split('\n'), notes };
}

test('sound kernels have times, and the decode step its two ratios', async () => {
  const { wrong, lines, notes } = await shown(referenceBackend());
  expect(wrong).toBe(0);
  expect(notes).toEqual([]);
  expect(lines).toEqual([
    'kernel             model    shape                     error   ms min   median   GB/s  GFLOP/s',
    'softmax            mini     1 × 24                   0.0e+0     10.0     10.0  0.0000192  0.0000120',
    'softmax            mini     16 × 24                  0.0e+0     10.0     10.0  0.000307  0.000192',
    'softmax            mini     64 × 24                  0.0e+0     10.0     10.0  0.00123  0.000768',
    'decode step, layers × width 1 × 16, context 8: 10.0 ms',
    '  over its attention kernels (10.0 ms) and linear layers (10.0 ms): 0.50, at most 1.20: pass',
    '  with a KV cache of 32 (10.0 ms) over one of 8: 1.00, at most 1.20: pass',
  ]);
});

test('wrong kernels have none, are explained, and are counted', async () => {
  const { wrong, lines, notes } = await shown(wrongBackend);
  expect(wrong).toBe(4);
  expect(lines.slice(1)).toEqual([
    'softmax            mini     1 × 24                   1.0e-1    wrong',
    'softmax            mini     16 × 24                  1.0e-1    wrong',
    'softmax            mini     64 × 24                  1.0e-1    wrong',
    'decode step, layers × width 1 × 16, context 8: wrong',
  ]);
  expect(notes[0]).toBe(
    'Cannot time softmax 1 × 24: it differs from the reference by 1.0e-1 of the largest value, at most 2.0e-5 is rounding.',
  );
  expect(notes[3]).toContain('Cannot time the decode step (reference)');
});

test('records are those of the benchmarks, with the backend and the machine', async () => {
  const { lines } = await shown(referenceBackend(), true);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { kernel: 'softmax', sizes: { rows: 1, vocabularySize: 24 }, backend: 'reference', machine: { cpus: 2 } },
    { kernel: 'softmax', sizes: { rows: 16 } },
    { kernel: 'softmax', sizes: { rows: 64 } },
    { kernel: 'decode-step', stepRatio: 0.5, capacityRatio: 1, within: true, machine: { cpus: 2 } },
  ]);
});
