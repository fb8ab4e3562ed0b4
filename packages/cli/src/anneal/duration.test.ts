// Times on the command line.
import { expect, test } from 'vitest';
import { parseDuration } from './duration.js';

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['10', 10_000],
  ['.5', 500],
  ['2m', 120_000],
  ['1.5h', 5_400_000],
  [' 3s ', 3000],
])('%s', (input, expected) => {
  expect(parseDuration(input)).toBe(expected);
});

test.each(['', '0', '0s', '-1s', 's', '1d', '1 s', '1e3', 'NaN', 'Infinity', '1..5', `${'9'.repeat(400)}s`])(
  'refuses %j',
  (input) => {
    expect(() => parseDuration(input)).toThrow(
      /^it must be a time above 0 and of at most 720 h, such as 500ms, 10s or 2m, and is /,
    );
  },
);
