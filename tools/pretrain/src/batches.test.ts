// Batches: what is asked of a model, drawn by seed and step alone.
import { describe, expect, it } from 'vitest';
import { Batches } from './batches.js';
import { splitBatch } from './split-batch.js';
import { batches, framings, masking, streamOf } from './tiny-models.test.support.js';

const shape = { windows: 6, length: 20 };
const rowsOf = (data: ArrayLike<number>, width: number) =>
  Array.from({ length: data.length / width }, (_, i) => Array.from(data).slice(i * width, (i + 1) * width));
const stream = [...streamOf(500)].join();

describe('causal batches', () => {
  const { ids, targets } = batches.causal(3, shape, framings.olmo);

  it('ask for the token after each, from consecutive tokens of a stream', () => {
    const inputs = rowsOf(ids!.data, 20);
    rowsOf(targets!.data, 20).forEach((row, i) => {
      expect(inputs[i]).toEqual([0, ...row.slice(0, -1)]);
      expect(stream).toContain(row.join());
    });
  });

  it('depend on the seed and the step only', () => {
    const again = new Batches([{ name: 'counting', ids: streamOf(500), upsample: 1 }], 5);
    expect(again.causal(3, shape, framings.olmo)).toEqual({ ids, targets });
    expect(batches.causal(4, shape, framings.olmo).ids).not.toEqual(ids);
  });
});

describe('masked batches', () => {
  const { ids, positions, targets } = batches.masked(3, shape, framings.modernbert, masking);

  it('hide tokens behind the mask, between the template, and never special ones', () => {
    const shown = [...ids!.data];
    expect(shown.flatMap((id, i) => (id === 1 ? [i] : []))).toEqual([...positions!.data]);
    positions!.data.forEach((position, i) => {
      shown[position] = targets!.data[i]!;
    });
    for (const row of rowsOf(shown, 20)) {
      expect([row[0], row[19]]).toEqual([2, 3]);
      expect(stream).toContain(row.slice(1, -1).join());
    }
    expect([...targets!.data].filter((id) => masking.specialIds.has(id))).toEqual([]);
  });

  it('mask between the two rates', () => {
    const wide = { windows: 40, length: 200 };
    const counts = new Array<number>(40).fill(0);
    for (const position of batches.masked(1, wide, framings.modernbert, masking).positions!.data)
      counts[Math.floor(position / 200)]!++;
    // A seventh of the stream are separators.
    const rates = counts.map((count) => count / (198 * (6 / 7)));
    expect(Math.min(...rates)).toBeGreaterThan(0.1);
    expect(Math.min(...rates)).toBeLessThan(0.35);
    expect(Math.max(...rates)).toBeGreaterThan(0.45);
    expect(Math.max(...rates)).toBeLessThan(0.7);
  });

  it('mask at least one token, at any rate', () => {
    const never = { ...masking, rates: { min: 0, max: 0 } };
    expect(batches.masked(1, shape, framings.modernbert, never).positions!.data).toHaveLength(6);
  });
});

describe('Batches', () => {
  it('draws sources as often as their length and upsampling say', () => {
    const constant = (id: number, length: number, upsample: number) => ({
      name: String(id),
      ids: new Int32Array(length).fill(id),
      upsample,
    });
    const mixed = new Batches([constant(7, 100, 3), constant(8, 300, 1), constant(9, 200, 0)], 1);
    const { targets } = mixed.causal(1, { windows: 400, length: 1 }, framings.olmo);
    const sevens = targets!.data.filter((id) => id === 7).length;
    expect(sevens).toBeGreaterThan(160);
    expect(sevens).toBeLessThan(240);
    expect(targets!.data.includes(9)).toBe(false);
  });

  it('refuses no text, and less than a window', () => {
    expect(() => new Batches([], 1)).toThrow('there is no text');
    const short = new Batches([{ name: 'note', ids: streamOf(20), upsample: 1 }], 1);
    expect(() => short.causal(1, shape, framings.olmo)).toThrow('note: it has 20 tokens, a window has 20');
  });
});

describe('splitBatch', () => {
  it('keeps windows with what is asked of them', () => {
    for (const batch of [
      batches.causal(2, shape, framings.olmo),
      batches.masked(2, shape, framings.modernbert, masking),
    ]) {
      const parts = splitBatch(batch, 4);
      expect(parts.map(({ ids }) => ids!.shape)).toEqual([
        [4, 20],
        [2, 20],
      ]);
      expect(parts.flatMap(({ ids }) => [...ids!.data])).toEqual([...batch.ids!.data]);
      expect(parts.flatMap(({ targets }) => [...targets!.data])).toEqual([...batch.targets!.data]);
      if (!batch.positions) continue;
      const global = parts.flatMap(({ positions }, i) =>
        [...positions!.data].map((position) => position + i * 80),
      );
      expect(global).toEqual([...batch.positions.data]);
    }
  });
});
