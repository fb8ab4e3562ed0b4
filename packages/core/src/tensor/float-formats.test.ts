// Float16 as it is written: every value comes back, and what lies between two goes to the nearer one.
import { describe, expect, it } from 'vitest';
import { float16ToFloat32, float32ToFloat16 } from './float-formats.js';

const words = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
const values = new Float32Array(words.length);
float16ToFloat32(words, values, 0);

describe('float32ToFloat16', () => {
  it('gives back every float16, NaN as some NaN', () => {
    const written = float32ToFloat16(values);
    const other = words.filter((word, i) => !Number.isNaN(values[i]!) && written[i] !== word);
    expect(other).toEqual(new Uint16Array(0));
    const nans = written.filter((_, i) => Number.isNaN(values[i]!));
    expect(nans.every((word) => (word & 0x7c00) === 0x7c00 && (word & 0x3ff) !== 0)).toBe(true);
  });

  it('rounds to the nearest, halves to even, for normal and subnormal numbers of both signs', () => {
    for (let word = 0; word < 0x7bff; word += 13) {
      const [below, above] = [values[word]!, values[word + 1]!];
      const even = word % 2 === 0 ? word : word + 1;
      const middle = (below + above) / 2;
      const quarter = below + (above - below) / 4;
      const written = float32ToFloat16(
        Float32Array.of(middle, -middle, quarter, above - (above - below) / 4),
      );
      expect([...written]).toEqual([even, even | 0x8000, word, word + 1]);
    }
  });

  it('goes to infinity and to zero beyond its range', () => {
    const extremes = Float32Array.of(65519, 65520, 1e30, -1e30, 2 ** -25, 2 ** -24, -1e-30, Infinity, -0);
    expect([...float32ToFloat16(extremes)]).toEqual([
      0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 1, 0x8000, 0x7c00, 0x8000,
    ]);
  });
});
