// What is asked at the same time is computed together, once; errors and aborts stay with whom they concern.
import { expect, test } from 'vitest';
import { InterruptedError } from '../errors.js';
import { sharedPasses } from './shared-passes.js';

/** Doubles numbers, at most three at a time; 13 is an error. */
function doubling() {
  const passes: number[][] = [];
  let stop: (() => void) | undefined;
  let isHeld = false;
  const ask = sharedPasses<number, number>({
    choose: (waiting) => waiting.slice(0, 3),
    async compute(asked) {
      passes.push([...asked]);
      if (asked.includes(13)) throw new Error('unlucky');
      if (isHeld)
        await new Promise<void>((_, reject) => {
          stop = () => reject(new InterruptedError());
        });
      return asked.map((one) => 2 * one);
    },
    interrupt: () => stop?.(),
  });
  const started = async () => {
    while (!stop) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, passes, started, hold: () => (isHeld = true) };
}

test('those that ask before a pass begins share it, as many as it takes', async () => {
  const { ask, passes } = doubling();
  expect(await Promise.all([1, 2, 3, 4].map((one) => ask(one, undefined)))).toEqual([2, 4, 6, 8]);
  expect(passes).toEqual([[1, 2, 3], [4]]);
  // Who goes on at once is in the next pass of the others.
  const twice = async (one: number) => ask(await ask(one, undefined), undefined);
  expect(await Promise.all([1, 2].map(twice))).toEqual([4, 8]);
  expect(passes.slice(2)).toEqual([
    [1, 2],
    [2, 4],
  ]);
});

test('an error is only told to the one that it is of', async () => {
  const { ask } = doubling();
  const told = await Promise.allSettled([1, 13, 3].map((one) => ask(one, undefined)));
  expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('an abort ends what waits, and a pass that nobody else waits for', async () => {
  const { ask, passes, started, hold } = doubling();
  hold();
  const [one, other] = [new AbortController(), new AbortController()];
  const asked = [ask(1, one.signal), ask(2, other.signal), ask(3, one.signal), ask(4, one.signal)];
  const results = asked.map((result) => result.catch((error: unknown) => error));
  await started();
  one.abort();
  expect(await results[3]).toBeInstanceOf(InterruptedError);
  await expect(ask(5, one.signal)).rejects.toThrow(InterruptedError);
  other.abort();
  for (const result of results) expect(await result).toBeInstanceOf(InterruptedError);
  expect(passes).toEqual([[1, 2, 3]]);
});
