// Windows, their order, where words start, learning rates.
import { describe, expect, it } from 'vitest';
import { itemOrder } from './item-order.js';
import { learningRate } from './learning-rate.js';
import { WindowBuilder } from './windows.js';
import { wordStarts } from './word-starts.js';

function windowsOf(length: number, ...documents: readonly (readonly number[])[][]) {
  const builder = new WindowBuilder(length);
  for (const pieces of documents) {
    for (const piece of pieces) builder.add(piece);
    builder.endDocument();
  }
  const windows = builder.build();
  return { ...windows, all: Array.from({ length: windows.count }, (_, i) => [...windows.get(i)]) };
}

describe('WindowBuilder', () => {
  it('never joins documents, whatever pieces they come in', () => {
    const windows = windowsOf(
      3,
      [[1, 2, 3, 4, 5]],
      [[6], [7]],
      [[8, 9, 10]],
      [
        [11, 12, 13],
        [14, 15, 16, 17],
      ],
    );
    expect(windows.all).toEqual([
      [1, 2, 3],
      [4, 5],
      [6, 7],
      [8, 9, 10],
      [11, 12, 13],
      [14, 15, 16],
    ]);
    expect(windows).toMatchObject({ documents: 4, tokens: 16, length: 3 });
  });

  it('drops what is too short to learn from, and empty documents', () => {
    const windows = windowsOf(4, [[]], [], [[1]], [[1, 2, 3, 4, 5]]);
    expect(windows.all).toEqual([[1, 2, 3, 4]]);
    expect(windows.documents).toBe(2);
    expect(() => windows.get(1)).toThrow('window 1 is outside 1 windows');
    expect(windowsOf(4).count).toBe(0);
    expect(() => new WindowBuilder(1)).toThrow('a window holds at least 2 tokens');
  });

  it('grows', () => {
    const long = Array.from({ length: 5000 }, (_, i) => i);
    const windows = windowsOf(7, [long.slice(0, 10), long.slice(10)]);
    expect(windows.all.flat()).toEqual(long);
  });
});

describe('itemOrder', () => {
  it('reads each window once an epoch, in an order of its own', () => {
    const order = itemOrder(1, 20);
    const epoch = (n: number) => Array.from({ length: 20 }, (_, i) => order(20 * n + i));
    const [first, second] = [epoch(0), epoch(1)];
    const all = Array.from({ length: 20 }, (_, i) => i);
    for (const one of [first, second]) {
      expect([...one].sort((a, b) => a - b)).toEqual(all);
      expect(one).not.toEqual(all);
    }
    expect(second).not.toEqual(first);
    expect(epoch(0)).toEqual(first);
    expect(itemOrder(1, 20)(33)).toBe(second[13]);
    expect(Array.from({ length: 20 }, (_, i) => itemOrder(2, 20)(i))).not.toEqual(first);
    expect(itemOrder(1, 1)(5)).toBe(0);
  });
});

describe('wordStarts', () => {
  it('is at spaces and line breaks, before and after', () => {
    const tokens = ['On', 'ce', 'Ġup', 'on', 'Ċ', 'a', 'Ġ', 'b', ',', 'ĠĠ', undefined];
    const ids = Int32Array.of(0, 1, 2, 3, 8, 4, 5, 6, 7, 10);
    const starts = wordStarts(ids, tokens);
    expect([...ids.keys()].filter(starts)).toEqual([0, 2, 5, 6, 7, 8]);
  });
});

describe('learningRate', () => {
  const rates = (schedule: 'cosine' | 'linear' | 'constant', warmup = 2) =>
    Array.from({ length: 7 }, (_, taken) => learningRate({ peak: 1, schedule, warmup, steps: 6 }, taken));

  it('warms up, then follows its schedule to the end', () => {
    expect(rates('constant')).toEqual([0.5, 1, 1, 1, 1, 1, 1]);
    expect(rates('linear')).toEqual([0.5, 1, 1, 0.75, 0.5, 0.25, 0]);
    const cosine = rates('cosine');
    [0.5, 1, 1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2, 0].forEach((x, i) => {
      expect(cosine[i]).toBeCloseTo(x, 12);
    });
    expect(rates('linear', 0)[0]).toBe(1);
    expect(rates('linear', 100)[5]).toBe(0.06);
  });
});
