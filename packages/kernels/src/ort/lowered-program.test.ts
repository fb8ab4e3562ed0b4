// How many slots programs are lowered with: a large model has one session.
import { expect, it } from 'vitest';
import { packedSlotSizes, slotSizes } from './lowered-program.js';

const small = 20 * 2 ** 20;
const large = 2 ** 30;

it('over caches: a slot for each lane, and fewer of a small model', () => {
  expect(slotSizes(large, 6)).toEqual([6]);
  expect(slotSizes(small, 6)).toEqual([1, 2, 4, 6]);
  expect(slotSizes(small, 1)).toEqual([1]);
});

it('without caches: one sequence at a time of a large model', () => {
  expect(packedSlotSizes(large)).toEqual([1]);
  expect(packedSlotSizes(small)).toEqual([1, 8]);
});
