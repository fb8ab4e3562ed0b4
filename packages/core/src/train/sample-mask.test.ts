// Masks: rates and spans as asked for, at least one token, the same for the same seed and item.
import { describe, expect, it } from 'vitest';
import { parseMasking } from './masking.js';
import { type MaskedItem, maskSampler } from './sample-mask.js';

const item = (length: number, first = 0): MaskedItem => ({ length, first });

/** Share of masked tokens, and mean length of masked runs that do not touch the ends, over many items. */
function measure(masking: string, length = 200, items = 400) {
  const sample = maskSampler(parseMasking(masking), 5, 'training');
  let masked = 0;
  const runs: number[] = [];
  const rates: number[] = [];
  for (let i = 0; i < items; i++) {
    const positions = sample(i, item(length));
    masked += positions.length;
    rates.push(positions.length / length);
    let start = 0;
    positions.forEach((position, k) => {
      if (positions[k + 1] === position + 1) return;
      runs.push(k + 1 - start);
      start = k + 1;
    });
  }
  const mean = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  return { rate: masked / (items * length), run: mean(runs), rates };
}

describe('maskSampler', () => {
  it('masks at the rate', () => {
    expect(measure('fixed(0.15)').rate).toBeCloseTo(0.15, 2);
    expect(measure('fixed(0.15)').run).toBeCloseTo(1 / 0.85, 1);
    expect(measure('fixed(1)').rate).toBe(1);
    expect(measure('beta(2,6)', 200, 3000).rate).toBeCloseTo(0.25, 2);
    expect(measure('beta(0.05,0.05)').rates.every((rate) => rate > 0 && rate <= 1)).toBe(true);
    const { rates } = measure('uniform(0.2,0.6)', 1000, 1000);
    expect(Math.min(...rates)).toBeGreaterThan(0.15);
    expect(Math.max(...rates)).toBeLessThan(0.65);
    for (const quantile of [0.3, 0.4, 0.5]) {
      const below = rates.filter((rate) => rate < quantile).length / rates.length;
      expect(below).toBeCloseTo((quantile - 0.2) / 0.4, 1);
    }
  });

  it('masks spans of the mean length, at the rate', () => {
    const spans = measure('fixed(0.3)+spans(4)');
    expect(spans.rate).toBeCloseTo(0.3, 1);
    expect(spans.run).toBeGreaterThan(3.6);
    expect(spans.run).toBeLessThan(4.4);
    const dense = measure('fixed(0.9)+spans(2)');
    expect(dense.rate).toBeCloseTo(0.9, 1);
    expect(measure('fixed(1)+spans(2)').rate).toBe(1);
  });

  it('masks whole words', () => {
    const sample = maskSampler(parseMasking('fixed(0.4)+words'), 1, 'training');
    const starts = new Set([0, 3, 4, 8]);
    const words = [[0, 1, 2], [3], [4, 5, 6, 7], [8, 9]];
    for (let i = 0; i < 50; i++) {
      const masked = sample(i, { length: 10, first: 0, startsWord: (position) => starts.has(position) });
      const whole = words.filter((word) => word.some((position) => masked.includes(position)));
      expect(masked).toEqual(whole.flat());
    }
  });

  it('masks at least one token, and none before the first', () => {
    const sample = maskSampler(parseMasking('fixed(0.000001)'), 1, 'training');
    const chosen = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const masked = sample(i, item(5, 1));
      expect(masked).toHaveLength(1);
      chosen.add(masked[0]!);
    }
    expect([...chosen].sort()).toEqual([1, 2, 3, 4]);
    expect(sample(0, item(1, 1))).toEqual([]);
  });

  it('gives the same masks for the same seed, purpose and item', () => {
    const masking = parseMasking('uniform+spans(2)');
    const sample = maskSampler(masking, 3, 'training');
    const masks = [7, 2, 7].map((number) => sample(number, item(50)));
    expect(masks[2]).toEqual(masks[0]);
    expect(masks[1]).not.toEqual(masks[0]);
    expect(maskSampler(masking, 4, 'training')(7, item(50))).not.toEqual(masks[0]);
    expect(maskSampler(masking, 3, 'evaluation')(7, item(50))).not.toEqual(masks[0]);
  });
});
