// The threshold of top-k and nucleus: what sorting gives, -Infinity as a value, values in order.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectThreshold } from './select-threshold.js';

/** By sorting, the obvious way. */
function bySorting(values: readonly number[], weightOf: (value: number) => number, target: number): number {
  const descending = [...values].sort((a, b) => b - a);
  let weight = 0;
  for (const value of descending) {
    weight += weightOf(value);
    if (weight >= target) return value;
  }
  return descending.at(-1)!;
}

// Few values, so that many are equal; weights that floats add exactly.
const values = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 60 });

it('is what sorting gives, with weights of 1 and with others', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 0, max: 70 }), (list, target) => {
      expect(selectThreshold(Float32Array.from(list), () => 1, target)).toBe(
        bySorting(list, () => 1, target),
      );
      // Doubles that float32 does not tell apart.
      const doubles = list.map((value) => 1 + value * 2 ** -40);
      expect(selectThreshold(Float64Array.from(doubles), () => 1, target)).toBe(
        bySorting(doubles, () => 1, target),
      );
      const weight = (value: number) => 2 ** value;
      expect(selectThreshold(Float32Array.from(list), weight, target)).toBe(bySorting(list, weight, target));
    }),
  );
});

it('takes -Infinity for a value like others', () => {
  expect(selectThreshold(Float32Array.from([-Infinity, 3, -Infinity]), () => 1, 1)).toBe(3);
  expect(selectThreshold(Float32Array.from([-Infinity, 3, -Infinity]), () => 1, 2)).toBe(-Infinity);
});

it('needs no luck with values in order', () => {
  const ascending = Float32Array.from({ length: 50_000 }, (_, i) => i);
  expect(selectThreshold(ascending.slice(), () => 1, 40)).toBe(49_960);
  expect(selectThreshold(ascending.slice().reverse(), () => 1, 40)).toBe(49_960);
});
