// int8: weights by output, inputs by row, exact sums: bounds of the error, extremes, zeros, ties, non-finite numbers.
import { describe, expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { dequantizeChannels, multiplyInt8, quantizeChannel } from './quantized-channels.js';

const random = randomKey(1);
const normal = Float32Array.from({ length: 100 }, (_, i) => random.normal(i, 0));

describe.each([127, 64] as const)('weights of up to %d', (limit) => {
  it('err by half a step, and keep the largest to the last bit or two', () => {
    const integers = new Int8Array(100);
    const scale = quantizeChannel(normal, limit, integers, 0);
    expect(Math.max(...integers.map(Math.abs))).toBe(limit);
    normal.forEach((value, i) => {
      expect(Math.abs(integers[i]! * scale - value)).toBeLessThanOrEqual((scale / 2) * (1 + 1e-5));
    });
  });

  it('keep zeros, and take numbers with a denormal scale for zeros', () => {
    for (const tiny of [0, 1e-40, -1e-42]) {
      const integers = new Int8Array(3).fill(9);
      expect(quantizeChannel(Float32Array.of(0, tiny, 0), limit, integers, 0)).toBe(1);
      expect(integers.every((integer) => integer === 0)).toBe(true);
    }
  });

  it.each([Number.NaN, Infinity, -Infinity])('are refused with %d', (value) => {
    const values = normal.slice();
    values[77] = value;
    expect(quantizeChannel(values, limit, new Int8Array(100), 0)).toBeNaN();
  });
});

it('dequantises into the shape of either axis', () => {
  const stored = { integers: Int8Array.of(1, 2, 3, 4, 5, 6), scales: Float32Array.of(1, 10, 100) };
  expect([...dequantizeChannels(stored, 0)]).toEqual([1, 20, 300, 4, 50, 600]);
  expect([...dequantizeChannels(stored, 1)]).toEqual([1, 4, 20, 50, 300, 600]);
});

describe('multiplyInt8', () => {
  const identity = {
    inputs: 2,
    integers: Int8Array.of(1, 0, 0, 1),
    scales: Float32Array.of(1, 0.5),
    outputs: 2,
  };

  it('rounds halves to even, by the scale of the row', () => {
    // Of a row with 127 the scale is 1.
    const x = [127, 0.5, 127, 1.5, 127, -2.5, 254, 3];
    expect([...multiplyInt8({ ...identity, x })]).toEqual([127, 0, 127, 1, 127, -1, 254, 2]);
  });

  it('adds a bias, and takes the first outputs only', () => {
    expect([...multiplyInt8({ ...identity, x: [127, 8], bias: [0.25, 1] })]).toEqual([127.25, 5]);
    expect([...multiplyInt8({ ...identity, x: [127, 8], outputs: 1 })]).toEqual([127]);
  });

  it('gives zeros for a row of zeros, and for one of denormals', () => {
    expect([...multiplyInt8({ ...identity, x: [0, 0, 1e-42, 0] })]).toEqual([0, 0, 0, 0]);
  });

  it('is not finite for a row that is not', () => {
    const [first, , , fourth] = multiplyInt8({ ...identity, x: [Number.NaN, 1, 1, Infinity] });
    expect([first, fourth].some(Number.isFinite)).toBe(false);
  });
});
