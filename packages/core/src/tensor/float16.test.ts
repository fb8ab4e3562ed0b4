// roundToFloat16: every float16 number, what is between two of them, and the ends of the range.
import { describe, expect, it } from 'vitest';
import { roundToFloat16 } from './float16.js';

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
