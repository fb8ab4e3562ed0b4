// Masks: how many, where, and that they depend on nothing but their own seed and number.
import { expect, test } from 'vitest';
import { drawMask } from './draw-mask.js';

const base = { units: 100, rate: 0.3, seed: 1, number: 4 };

test('exactly round(rate * units) are masked, ascending, never the first', () => {
  for (const rate of [0.01, 0.15, 0.333, 0.5, 0.9, 0.999]) {
    for (const meanSpan of [undefined, 1, 3, 50]) {
      const masked = drawMask({ ...base, rate, meanSpan });
      expect(masked).toHaveLength(Math.min(99, Math.max(1, Math.round(rate * 100))));
      expect(masked).toEqual([...new Set(masked)].sort((a, b) => a - b));
      expect(masked[0]).toBeGreaterThan(0);
      expect(masked.at(-1)).toBeLessThan(100);
    }
  }
  expect(drawMask({ ...base, units: 1 })).toEqual([]);
  expect(drawMask({ ...base, units: 2, rate: 0.01 })).toEqual([1]);
});

test('masks of one text lie in one another', () => {
  const few = drawMask({ ...base, rate: 0.15 });
  const many = drawMask({ ...base, rate: 0.5 });
  expect(many).toEqual(expect.arrayContaining(few));
});

test('seed and number decide', () => {
  expect(drawMask(base)).toEqual(drawMask(base));
  expect(drawMask({ ...base, seed: 2 })).not.toEqual(drawMask(base));
  expect(drawMask({ ...base, number: 5 })).not.toEqual(drawMask(base));
});

test('every unit is as likely as another, and spans have their mean length', () => {
  const counts = new Float64Array(40);
  let [masked, runs] = [0, 0];
  for (let number = 0; number < 4000; number++) {
    for (const unit of drawMask({ units: 40, rate: 0.25, seed: 9, number })) counts[unit]!++;
    const spans = drawMask({ units: 400, rate: 0.1, meanSpan: 4, seed: 9, number });
    masked += spans.length;
    runs += spans.filter((unit, i) => unit !== spans[i - 1]! + 1).length;
  }
  // 10 of 39 in 4000 texts: 1026 with a deviation of 28.
  for (const count of counts.slice(1)) expect(Math.abs(count - 1026)).toBeLessThan(5 * 28);
  // A little longer where two spans meet, and shorter where the last one is cut.
  expect(masked / runs).toBeGreaterThan(3.4);
  expect(masked / runs).toBeLessThan(4.6);
});
