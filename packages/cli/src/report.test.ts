// Errors as lines and exit statuses.
import { readFileSync } from 'node:fs';
import { DataError, DeviceError, InterruptedError, UsageError } from '@maria/core/errors';
import { expect, test } from 'vitest';
import { report } from './report.js';

const shown = (error: unknown, argv: string[] = ['infill'], env = {}) =>
  report(error, argv, () => new Map(), env);

test('an expected error is its fact and what to try', () => {
  const error = new DataError('missing', 'Cannot load the MLM: no such folder.', {
    try: 'maria models list',
  });
  expect(shown(error)).toEqual({
    lines: ['Cannot load the MLM: no such folder.', 'Try: maria models list'],
    exitStatus: 3,
  });
  expect(shown(new UsageError('x', 'Cannot do x.')).exitStatus).toBe(2);
  expect(shown(new DeviceError('x', 'Cannot do x.')).exitStatus).toBe(5);
  expect(shown(new InterruptedError())).toEqual({ lines: ['Interrupted.'], exitStatus: 130 });
});

test('anything else is a bug, without its stack', () => {
  const { lines, exitStatus } = shown(new TypeError('x is not a function'));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toBe('Cannot go on: TypeError: x is not a function.');
  expect(exitStatus).toBe(1);
  expect(shown('text').lines[0]).toBe('Cannot go on: text.');
});

test('what the system refuses is no bug', () => {
  let refused: unknown;
  try {
    readFileSync('/no such folder/file');
  } catch (error) {
    refused = error;
  }
  expect(shown(refused)).toEqual({
    lines: [
      "Cannot go on: ENOENT: no such file or directory, open '/no such folder/file'.",
      expect.stringMatching(/^Try: Check that /),
    ],
    exitStatus: 1,
  });
  const full = shown(new RangeError('Array buffer allocation failed'));
  expect([full.lines[0], full.exitStatus]).toEqual([
    'Cannot go on: there is no room in memory (Array buffer allocation failed).',
    5,
  ]);
  expect(shown(new RangeError('Maximum call stack size exceeded')).lines[1]).toMatch(/bug in maria/);
});

test('the stacks of the error and its cause are shown on request', () => {
  const error = new DataError('missing', 'Cannot load.', { cause: new RangeError('inner') });
  const stacks = (argv: string[], env = {}) =>
    shown(error, argv, env).lines.filter((line) => /^\w*Error: /.test(line));
  expect(stacks(['infill', '--debug'])).toEqual(['DataError: Cannot load.', 'RangeError: inner']);
  expect(stacks(['infill'], { MARIA_DEBUG: '1' })).toHaveLength(2);
  expect(stacks(['infill'], { MARIA_DEBUG: '0' })).toHaveLength(0);
  expect(stacks(['infill', '--', '--debug'])).toHaveLength(0);
});
