// The scale of drafts: exact where the AR half follows the MLM's, no larger than its bounds, and the best where it does not.
import { expect, it } from 'vitest';
import { randomKey } from '../random.js';
import type { Matrix } from '../tensor/values.js';
import { draftScaleOf, fitDraftScale } from './draft-scale.js';

const normals = (rows: number, columns: number, stream: number): Matrix => ({
  rows,
  columns,
  data: Float32Array.from({ length: rows * columns }, (_, i) => 2 * randomKey(1, stream).normal(i, 0)),
});
const times = (matrix: Matrix, factor: number): Matrix => ({
  ...matrix,
  data: matrix.data.map((value) => factor * value),
});
const mlm = normals(6, 20, 1);

it.each([0.5, 1, 1.7, 3])('is exact where the AR half is the MLM’s, weighed: %d', async (scale) => {
  expect(await fitDraftScale(times(mlm, scale - 1), mlm)).toBeCloseTo(scale, 1);
});

it('stays within bounds', async () => {
  expect(await fitDraftScale(times(mlm, 100), mlm)).toBeCloseTo(16, 0);
  expect(await fitDraftScale(times(mlm, -3), mlm)).toBeCloseTo(0.25, 1);
});

it('has the least divergence', async () => {
  const ar = normals(6, 20, 2);
  const divergence = (scale: number) => {
    let total = 0;
    for (let i = 0; i < mlm.rows; i++) {
      const half = mlm.data.subarray(20 * i, 20 * (i + 1));
      const distribution = (logits: Float32Array) => {
        const weights = logits.map(Math.exp);
        const all = weights.reduce((a, b) => a + b);
        return weights.map((weight) => weight / all);
      };
      const fused = distribution(half.map((value, id) => value + ar.data[20 * i + id]!));
      const drafts = distribution(half.map((value) => scale * value));
      fused.forEach((p, id) => {
        total += p * Math.log(p / drafts[id]!);
      });
    }
    return total;
  };
  const scale = await fitDraftScale(ar, mlm);
  expect(divergence(scale)).toBeLessThan(divergence(scale + 0.05));
  expect(divergence(scale)).toBeLessThan(divergence(scale - 0.05));
});

it('is that of the logits of a head', async () => {
  const hidden = { ar: normals(3, 4, 3), mlm: normals(3, 5, 4), targets: new Int32Array(3) };
  const head = {
    vocabularySize: 7,
    ar: normals(7, 4, 5).data,
    mlm: normals(7, 5, 6).data,
    bias: normals(1, 7, 7).data,
  };
  const logits = (of: 'ar' | 'mlm', bias: (id: number) => number): Matrix => {
    const { data, columns } = hidden[of];
    const at = (i: number, id: number) =>
      Array.from({ length: columns }, (_, j) => data[i * columns + j]! * head[of][id * columns + j]!);
    return {
      rows: 3,
      columns: 7,
      data: Float32Array.from({ length: 21 }, (_, k) =>
        at(Math.floor(k / 7), k % 7).reduce((a, b) => a + b, bias(k % 7)),
      ),
    };
  };
  const expected = await fitDraftScale(
    logits('ar', () => 0),
    logits('mlm', (id) => head.bias[id]!),
  );
  expect(await draftScaleOf(head, hidden)).toBeCloseTo(expected, 3);
});
