// Blocks of int4: bounds of the error, exact extremes and zeros, non-finite numbers refused, packing.

import { describe, expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { dequantizeBlocks, quantizeBlocks } from './quantized-blocks.js';

function roundTrip(values: Float32Array) {
  const data = new Uint8Array(values.length / 2);
  const scales = new Float32Array(values.length / 32);
  const outcome = quantizeBlocks(values, data, scales);
  const back = new Float32Array(values.length);
  dequantizeBlocks(data, scales, back);
  return { data, scales, outcome, back };
}

const random = randomKey(1);
const normal = Float32Array.from({ length: 320 }, (_, i) => random.normal(i, 0) * 10 ** (i >> 5));

describe('int4', () => {
  it('errs by half a step, and by one where the range ends', () => {
    const { outcome, scales, back } = roundTrip(normal);
    expect(outcome).toBe('finite');
    normal.forEach((value, i) => {
      const step = Math.abs(scales[i >> 5]!);
      const atEnd = value / scales[i >> 5]! > 6.5;
      expect(Math.abs(back[i]! - value), `element ${i}`).toBeLessThanOrEqual(
        step * (atEnd ? 1 : 0.5) * (1 + 1e-5),
      );
    });
  });

  it('keeps the largest element of a block exactly, whatever its sign', () => {
    for (const largest of [0.7, -0.7, 3e30, -2e-30]) {
      const values = new Float32Array(32).fill(largest / 3);
      values[5] = largest;
      const { scales, back } = roundTrip(values);
      expect(back[5]).toBe(values[5]);
      expect(Math.sign(scales[0]!)).toBe(-Math.sign(largest));
    }
  });

  it('keeps zeros, and takes numbers with a denormal scale for zeros', () => {
    const values = new Float32Array(64);
    values[40] = 1e-40;
    const { outcome, back } = roundTrip(values);
    expect(outcome).toBe('finite');
    expect([...back.slice(0, 32)].every((value) => value === 0)).toBe(true);
    expect(back.every((value) => Math.abs(value) <= 1e-40)).toBe(true);
  });

  it.each([Number.NaN, Infinity, -Infinity])('refuses %d', (value) => {
    const values = normal.slice();
    values[77] = value;
    expect(roundTrip(values).outcome).toBe('non-finite');
  });
});

it('packs the first of two 4-bit integers into the low half of a byte', () => {
  const values = new Float32Array(32);
  values[0] = -8;
  values[1] = 7;
  const { data, scales } = roundTrip(values);
  expect(scales[0]).toBe(1);
  expect([data[0], data[1]]).toEqual([0xf0, 0x88]);
});
