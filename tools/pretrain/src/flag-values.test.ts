// Values of flags: what they say, and what is refused before anything is read.
import { expect, it } from 'vitest';
import { batchShape, count, maskRates, number } from './flag-values.js';

it('reads numbers, batches and mask rates', () => {
  expect(number('6e-4', 'learning-rate')).toBe(6e-4);
  expect(count('16', 'at-once')).toBe(16);
  expect(batchShape('16x192', 1024)).toEqual({ windows: 16, length: 192 });
  expect(maskRates('0.1-0.7')).toEqual({ min: 0.1, max: 0.7 });
  expect(maskRates('0.3')).toEqual({ min: 0.3, max: 0.3 });
});

it.each([
  ['--steps abc', () => count('abc', 'steps'), 'Cannot read --steps: "abc" is no number from 0.'],
  ['--clip ""', () => number('', 'clip'), 'Cannot read --clip: "" is no number from 0.'],
  ['--at-once 0', () => count('0', 'at-once'), 'Cannot read --at-once: "0" is no whole number from 1.'],
  ['--at-once 1.5', () => count('1.5', 'at-once'), 'no whole number from 1'],
  ['--batch 16', () => batchShape('16', 64), '"16" is not windows x length, such as 16x192.'],
  ['--batch 0x32', () => batchShape('0x32', 64), 'no whole number from 1'],
  [
    '--batch 1x65',
    () => batchShape('1x65', 64),
    '"1x65" is too long for the model, which reads at most 64 tokens.',
  ],
  [
    '--mask-rate 2-3',
    () => maskRates('2-3'),
    '"2-3" is not a range of rates between 0 and 1, such as 0.1-0.7.',
  ],
  ['--mask-rate 0.7-0.1', () => maskRates('0.7-0.1'), 'is not a range'],
])('refuses %s', (_flag, read, message) => {
  expect(read).toThrow(message);
});
