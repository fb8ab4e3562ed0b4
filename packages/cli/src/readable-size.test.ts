// Sizes with three digits, in every unit.
import { describe, expect, it } from 'vitest';
import { readableSize } from './readable-size.js';

const MiB = 2 ** 20;

describe('readableSize', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [1024, '1.00 KiB'],
    [10 * 1024, '10.0 KiB'],
    [523 * MiB, '523 MiB'],
    [1023 * MiB, '1.00 GiB'],
    [5e15, '4547 TiB'],
  ])('of %d is %s', (bytes, expected) => {
    expect(readableSize(bytes)).toBe(expected);
  });
});
