// Kernel benchmarks: sound kernels are timed, wrong ones are not.
import { InterruptedError, int32, referenceBackend } from '@maria/core';
import { chooseBackend } from '@maria/kernels';
import { describe, expect, test } from 'vitest';
import { type KernelName, kernelNames } from './index.js';
import type { KernelShape } from './kernel-shapes.js';
import { benchmarkKernels, type KernelOptions, type KernelRecord } from './run-kernels.js';
import { changed, wrongBackend } from './wrong-backend.test.support.js';

const mini: KernelShape = {
  name: 'mini',
  hiddenSize: 32,
  innerSize: 64,
  vocabularySize: 80,
  heads: 2,
  kvHeads: 1,
  capacities: [128, 160],
};

/** Two milliseconds pass between one look at the clock and the next. */
function ticking() {
  let now = 0;
  return () => {
    now += 2;
    return now;
  };
}

async function recordsOf(
  backend: KernelOptions['backend'],
  kernels: readonly KernelName[] = kernelNames,
  more: Partial<KernelOptions> = {},
) {
  const records: KernelRecord[] = [];
  const options = { backend, kernels, models: [mini], warmUp: 1, repetitions: 3, clock: ticking(), ...more };
  for await (const record of benchmarkKernels(options)) records.push(record);
  return records;
}

test('on a device that has no variables, what is computed with is given in each run', async () => {
  const reference = referenceBackend();
  const device: KernelOptions['backend'] = {
    name: 'ort',
    device: 'webgpu:0',
    async compile(program, weights) {
      expect([...program.variables.keys()]).toEqual([]);
      return reference.compile(program, weights);
    },
  };
  const records = await recordsOf(device, ['softmax']);
  expect(records.map(({ check: { correct } }) => correct)).toEqual([true, true, true]);
});

describe.each([
  ['the reference', referenceBackend()],
  ['ONNX Runtime', await chooseBackend({ backend: 'ort', threads: 1 })],
])('on %s', (_, backend) => {
  test('every kernel is correct at every shape, and has its rates', async () => {
    const records = await recordsOf(backend);
    // Four matrices at four numbers of rows, quantised at six, one product at four, softmax at three, a choice at two, two caches filled by
    // a chunk and a token, in two storages.
    expect(records.map(({ kernel }) => kernel)).toEqual([
      ...Array<string>(16).fill('linear'),
      ...Array<string>(24).fill('linear-int8'),
      ...Array<string>(24).fill('linear-int4'),
      ...Array<string>(4).fill('matmul'),
      ...Array<string>(3).fill('softmax'),
      ...Array<string>(2).fill('sampling'),
      ...Array<string>(4).fill('attention'),
      ...Array<string>(4).fill('attention-float16'),
    ]);
    for (const { label, check, ms, runs } of records) {
      expect(check, label).toMatchObject({ correct: true });
      expect(check.elements).toBeGreaterThan(0);
      expect(ms).toEqual({ min: 2, median: 2 });
      expect(runs).toBe(3);
    }
    const linear = records.find(({ label }) => label === '64 × 32 → 64')!;
    expect(linear).toMatchObject({ model: 'mini', sizes: { rows: 64, in: 32, out: 64 } });
    // 32 of the 64 rows of W are multiplied by the reference.
    expect(linear.check).toMatchObject({ elements: 64 * 32, of: 64 * 64 });
    expect(linear.gigaflopsPerSecond).toBeCloseTo((2 * 64 * 32 * 64) / 2e6, 9);
    expect(linear.gigabytesPerSecond).toBeCloseTo((4 * (32 * 64 + 64 * (32 + 64))) / 2e6, 9);
    const quantized = records.find(
      ({ kernel, label }) => kernel === 'linear-int4' && label === '2 × 32 → 64',
    )!;
    // A block of 32 has 16 bytes and a scale of 4.
    expect(quantized.gigabytesPerSecond).toBeCloseTo((32 * 64 * (20 / 32) + 4 * 2 * (32 + 64)) / 2e6, 9);
    const decode = records.find(({ label }) => label === '1 after 127 of 160')!;
    expect(decode.gigaflopsPerSecond).toBeCloseTo((4 * 2 * 16 * 128) / 2e6, 9);
    const half = records.find(
      ({ kernel, label }) => kernel === 'attention-float16' && label === '1 after 127 of 160',
    )!;
    expect(half.gigabytesPerSecond).toBeLessThan(decode.gigabytesPerSecond!);
  });
});

describe('a wrong kernel is not timed', () => {
  const wrong = (kernel: KernelName, fault: Parameters<typeof wrongBackend>[0]) =>
    recordsOf(wrongBackend(fault), [kernel]);

  test.each(kernelNames)('%s with a last element that is off', async (kernel) => {
    const records = await wrong(kernel, {
      result: (value) => changed(value, -1, (element) => element + 0.5),
    });
    for (const record of records) {
      expect(record.check.correct).toBe(false);
      expect(record.check.error).toBeGreaterThan(record.check.tolerance);
      expect(record).not.toHaveProperty('ms');
      expect(record).not.toHaveProperty('gigabytesPerSecond');
    }
    expect(records.length).toBeGreaterThan(0);
  });

  test('one that gives NaN', async () => {
    const [record] = await wrong('softmax', { result: (value) => changed(value, 0, () => Number.NaN) });
    expect(record!.check).toMatchObject({ correct: false, error: Number.NaN });
  });

  test('one that gives fewer rows', async () => {
    const records = await wrong('linear', {
      result: (value) => ({
        ...value,
        shape: [1, value.shape[1]!],
        data: value.data.slice(0, value.shape[1]),
      }),
    });
    expect(records.map(({ check }) => check.correct)).toContain(false);
  });

  test('attention that forgets its KV cache', async () => {
    const records = await wrong('attention', { inputs: (given) => ({ ...given, pastLengths: int32([0]) }) });
    const correct = Object.fromEntries(records.map(({ label, check }) => [label, check.correct]));
    expect(correct).toMatchObject({ '128 after 0 of 128': true, '1 after 127 of 128': false });
  });
});

test('an aborted run stops', async () => {
  const records = recordsOf(referenceBackend(), ['softmax'], { signal: AbortSignal.abort() });
  await expect(records).rejects.toThrow(InterruptedError);
});
