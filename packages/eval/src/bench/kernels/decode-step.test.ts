// The decode step: its record, and that a wrong one is not timed.
import { InterruptedError, referenceBackend } from '@maria/core';
import { chooseBackend } from '@maria/kernels';
import { expect, test } from 'vitest';
import { benchmarkDecodeStep, type DecodeStepOptions } from './decode-step.js';
import { changed, wrongBackend } from './wrong-backend.test.support.js';

const sizes = { layers: 2, hiddenSize: 32, heads: 2, innerSize: 48, context: 20 };

/** In rounds of step, attention, linear, step over the larger cache: 12, 4, 6 and 15 milliseconds. */
function clockOf(rounds: readonly number[]) {
  let now = 0;
  let looks = 0;
  return () => {
    if (looks % 2 === 1) now += rounds[(looks >> 1) % rounds.length]!;
    looks++;
    return now;
  };
}

const options = (backend: DecodeStepOptions['backend'], rounds = [12, 4, 6, 15]): DecodeStepOptions => ({
  backend,
  sizes,
  warmUp: 1,
  repetitions: 3,
  clock: clockOf(rounds),
});

test.each([referenceBackend(), await chooseBackend({ backend: 'ort', threads: 1 })])(
  'is correct and compared: %#',
  async (backend) => {
    const record = await benchmarkDecodeStep(options(backend));
    expect(record).toMatchObject({
      kernel: 'decode-step',
      sizes: { ...sizes, capacity: 20, largerCapacity: 80 },
      correct: true,
      checks: { reference: { correct: true, elements: 64 }, capacity: { correct: true, elements: 32 } },
      ms: { step: { min: 12, median: 12 }, linear: { min: 6, median: 6 } },
      within: false,
    });
    expect(record.stepRatio).toBeCloseTo(12 / 10, 9);
    expect(record.capacityRatio).toBeCloseTo(15 / 12, 9);
  },
);

test('is within its limits where both ratios are', async () => {
  const record = await benchmarkDecodeStep(options(referenceBackend(), [10, 4, 6, 11]));
  expect(record.within).toBe(true);
});

test('a wrong one is not timed', async () => {
  const off = wrongBackend({ result: (value) => changed(value, 0, (element) => element + 0.01) });
  const record = await benchmarkDecodeStep(options(off));
  expect(record).toMatchObject({ correct: false, checks: { reference: { correct: false } } });
  expect(record).not.toHaveProperty('ms');
  expect(record).not.toHaveProperty('within');
});

test('one that depends on the capacity is wrong', async () => {
  const capacityOf = (shape: readonly unknown[] | undefined) => shape?.[2];
  const off = wrongBackend({
    where: ({ states }) => [...states.values()].some(({ shape }) => capacityOf(shape) === 80),
    result: (value) => changed(value, 5, (element) => element * 1.001),
  });
  const record = await benchmarkDecodeStep(options(off));
  expect(record.checks).toMatchObject({ reference: { correct: true }, capacity: { correct: false } });
  expect(record.correct).toBe(false);
});

test('an aborted run stops', async () => {
  const aborted = { ...options(referenceBackend()), signal: AbortSignal.abort() };
  await expect(benchmarkDecodeStep(aborted)).rejects.toThrow(InterruptedError);
});
