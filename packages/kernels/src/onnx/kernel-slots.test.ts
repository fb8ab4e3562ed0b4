// Rows of the attention kernels: a single one that a kernel would have left is read twice, and nothing else is.
import { expect, it } from 'vitest';
import {
  cacheLength,
  kernelSlotInputs,
  slotCounts,
  slotResults,
  slotRows,
  slotTotal,
} from './kernel-slots.js';

const read = (rowCount: number, cached: boolean) =>
  kernelSlotInputs([{ first: 0, rowCount, past: 7 }, undefined], cached);

it.each([
  [1, 2],
  [2, 2],
  [127, 127],
  [128, 128],
  [129, 130],
  [130, 130],
  [256, 256],
  [257, 258],
])('reads %i rows over a cache as %i', (rowCount, count) => {
  const inputs = read(rowCount, true);
  const rows = Array.from({ length: rowCount }, (_, i) => i);
  expect([...inputs.get(slotCounts)!.data]).toEqual([count, 2]);
  expect([...inputs.get(slotRows)!.data]).toEqual([
    ...rows,
    ...Array(count - rowCount).fill(rowCount - 1),
    ...[0, 0],
  ]);
  expect([...inputs.get(slotResults)!.data]).toEqual(rows);
  expect([...inputs.get(slotTotal(0))!.data]).toEqual([7 + count]);
  expect(7 + count).toBeLessThanOrEqual(cacheLength(7 + rowCount));
});

it('reads rows without a cache as they are, and one for a slot that is idle', () => {
  expect([...read(129, false).get(slotCounts)!.data]).toEqual([129, 1]);
});
