// Times of repeated runs.
import { expect, test } from 'vitest';
import { median, summarizeTimes, timeRuns } from './timing.js';

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 2, 100])).toBe(3);
  expect(median([])).toBeNaN();
});

test('runs of the warm-up do not count', async () => {
  let now = 0;
  let runs = 0;
  const times = await timeRuns(
    async () => {
      now += ++runs * 10;
    },
    { warmUp: 2, repetitions: 3, clock: () => now },
  );
  expect(times).toEqual([30, 40, 50]);
  expect(summarizeTimes(times)).toEqual({ min: 30, median: 40 });
  expect(() => summarizeTimes([])).toThrow(RangeError);
});

test.each([
  // Three warm-up runs and seven that count.
  [1000, Array(7).fill(10)],
  // The warm-up takes 30 of 45 milliseconds.
  [45, [10, 10]],
  // The time is over in the warm-up: its last run counts.
  [15, [10]],
  [1, [10]],
])('with %d milliseconds there are %j', async (timeLimit, expected) => {
  let now = 0;
  const run = async () => {
    now += 10;
  };
  const times = await timeRuns(run, { warmUp: 3, repetitions: 7, timeLimit, clock: () => now });
  expect(times).toEqual(expected);
});
