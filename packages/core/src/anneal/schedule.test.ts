// Schedules: their values, how they are written, and what is refused.
import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.js';
import { parseSchedule, type Schedule, scheduleValue } from './schedule.js';

const rate = (text: string) => parseSchedule(text, 'mask rate', { least: 0, most: 1 });

describe('values at the start, a quarter, the middle and the end', () => {
  const at = (schedule: Schedule) => [0, 0.25, 0.5, 1].map((progress) => scheduleValue(schedule, progress));

  test.each([
    ['0.5', [0.5, 0.5, 0.5, 0.5]],
    ['constant:0.5', [0.5, 0.5, 0.5, 0.5]],
    ['1:0', [1, 0.75, 0.5, 0]],
    ['linear:0.2:0.6', [0.2, 0.3, 0.4, 0.6]],
    ['cosine:0.9:0.1', [0.9, 0.5 + 0.4 * Math.SQRT1_2, 0.5, 0.1]],
    ['exponential:1:0.0001', [1, 0.1, 0.01, 0.0001]],
    ['points:0=1,0.5=0.5,1=0.4', [1, 0.75, 0.5, 0.4]],
    ['points:0.25=0.8,0.5=0.2', [0.8, 0.8, 0.2, 0.2]],
    ['points:0=1,0.5=1,0.5=0,1=0', [1, 1, 1, 0]],
  ])('%s', (text, expected) => {
    for (const [i, value] of at(rate(text)).entries()) expect(value).toBeCloseTo(expected[i]!, 12);
  });
});

test.each([
  'NaN',
  'NaN:0.1',
  '0.5:1.2',
  'linear:1.0001:0',
  '-0.1',
  'Infinity',
  'exponential:1:0',
  'points:0=1,1=2',
  'points:0=NaN',
  'points:0.5=1,0.2=1',
  'points:0=1,1.5=0',
  'points:-1=1',
])('refuses %s by its values', (text) => {
  expect(() => rate(text)).toThrow(UsageError);
  expect(() => rate(text)).toThrow(/^Cannot anneal: the mask rate schedule (has|is) .*\.$/);
});

test.each([
  '',
  'x',
  'cosine',
  ':',
  '1:',
  '1:2:3',
  'sine:1:0',
  'constant:1:0',
  'points:',
  'points:0',
  'points:0=1,',
  'points:0=1=2',
])('refuses %j by its form, and tells the forms', (text) => {
  const thrown = (() => {
    try {
      return rate(text);
    } catch (error) {
      return error;
    }
  })();
  expect(thrown).toMatchObject({
    code: 'schedule-invalid',
    try: expect.stringContaining('points:0=1,1=0.1'),
  });
});
