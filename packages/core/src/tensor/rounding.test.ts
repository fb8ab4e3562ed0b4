// Every number of float16 and of bfloat16, what is between two of them, and the ends of the range.
import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float32ToBfloat16 } from './float-formats.js';
import { roundToBfloat16, roundToFloat16 } from './rounding.js';

/** All finite float16 numbers from 0 on, in order: the number of bits i is the i-th. */
const halves = Array.from({ length: 0x7c00 }, (_, i) => {
  const [exponent, fraction] = [i >> 10, i & 0x3ff];
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

describe('roundToFloat16', () => {
  it('keeps every float16 number, of both signs', () => {
    expect(halves.every((half) => Object.is(roundToFloat16(half), half))).toBe(true);
    expect(halves.every((half) => Object.is(roundToFloat16(-half), -half))).toBe(true);
  });

  it('takes the nearer of two neighbours, and between them the one with an even last bit', () => {
    halves.slice(0, -1).forEach((below, i) => {
      const above = halves[i + 1]!;
      const gap = above - below;
      const rounded = [0.499, 0.5, 0.501].map((part) => roundToFloat16(below + part * gap));
      const nearest = [below, i % 2 === 0 ? below : above, above];
      if (rounded.some((x, k) => x !== nearest[k])) expect(rounded, `after ${below}`).toEqual(nearest);
    });
  });

  it('gives zero with its sign below the smallest, and infinity from 65520 on', () => {
    expect(roundToFloat16(-(2 ** -26))).toBe(-0);
    expect(roundToFloat16(65519.996)).toBe(65504);
    expect(roundToFloat16(65520)).toBe(Number.POSITIVE_INFINITY);
    expect(roundToFloat16(-1e38)).toBe(Number.NEGATIVE_INFINITY);
    expect(roundToFloat16(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
    expect(roundToFloat16(Number.NaN)).toBeNaN();
  });
});

describe('bfloat16', () => {
  /** All finite numbers from 0 on, in order, and infinity. */
  const words = Uint16Array.from({ length: 0x7f81 }, (_, word) => word);
  const values = new Float32Array(words.length);
  bfloat16ToFloat32(words, values, 0);

  it('keeps every number, of both signs, as it is and as it is written', () => {
    const finite = values.subarray(0, -1);
    expect(finite.every((value) => Object.is(roundToBfloat16(value), value))).toBe(true);
    expect(finite.every((value) => Object.is(roundToBfloat16(-value), -value))).toBe(true);
    expect(float32ToBfloat16(values)).toEqual(words);
  });

  it('takes the nearer of two neighbours, and between them the one with an even last bit', () => {
    for (let word = 0; word < 0x7f7f; word += 13) {
      const [below, above] = [values[word]!, values[word + 1]!];
      const even = word % 2 === 0 ? below : above;
      const between = [0.25, 0.5, 0.75].map((part) => below + part * (above - below));
      expect(between.map(roundToBfloat16)).toEqual([below, even, above]);
      const written = new Float32Array(3);
      bfloat16ToFloat32(float32ToBfloat16(Float32Array.from(between)), written, 0);
      expect([...written]).toEqual([below, even, above]);
    }
  });

  it('is infinite beyond its range, and no number where there is none', () => {
    const extremes = [3.4e38, -3.4e38, Number.POSITIVE_INFINITY, Number.NaN];
    const written = new Float32Array(4);
    bfloat16ToFloat32(float32ToBfloat16(Float32Array.from(extremes)), written, 0);
    const expected = [Infinity, -Infinity, Infinity, Number.NaN];
    expect(extremes.map(roundToBfloat16)).toEqual(expected);
    expect([...written]).toEqual(expected);
  });
});
