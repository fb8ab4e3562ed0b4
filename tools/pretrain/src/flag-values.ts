// What the values of flags say, or why they cannot be used.
import { UsageError } from '@maria/core';
import type { BatchShape, MaskRates } from './batches.js';

const bad = (flag: string, text: string, wanted: string) =>
  new UsageError('flag-invalid', `Cannot read --${flag}: "${text}" is ${wanted}.`, { try: '--help' });

/** @throws UsageError */
export function number(text: string, flag: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(Number.isFinite(value) && value >= 0)) throw bad(flag, text, 'no number from 0');
  return value;
}

/** @throws UsageError */
export function count(text: string, flag: string, least = 1): number {
  const value = number(text, flag);
  if (!Number.isSafeInteger(value) || value < least) throw bad(flag, text, `no whole number from ${least}`);
  return value;
}

/** @param longest most tokens that the model reads @throws UsageError */
export function batchShape(text: string, longest: number): BatchShape {
  const [windows = '', length = '', ...others] = text.split('x');
  if (length === '' || others.length > 0) throw bad('batch', text, 'not windows x length, such as 16x192');
  const shape = { windows: count(windows, 'batch'), length: count(length, 'batch', 4) };
  if (shape.length > longest)
    throw bad('batch', text, `too long for the model, which reads at most ${longest} tokens`);
  return shape;
}

/** @throws UsageError */
export function maskRates(text: string): MaskRates {
  const [min = Number.NaN, max = min, ...others] = text.split('-').map((rate) => number(rate, 'mask-rate'));
  if (others.length > 0 || !(min <= max && max <= 1 && max > 0))
    throw bad('mask-rate', text, 'not a range of rates between 0 and 1, such as 0.1-0.7');
  return { min, max };
}
