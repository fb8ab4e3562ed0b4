// The choice alone, with costs that are made up: no clock.
import { expect, it } from 'vitest';
import { LanesInUse } from './lanes-in-use.js';
import { PassCost } from './pass-cost.js';

const rowsOfSequence = 2;

/** How many lanes are in use in the end, and at most, where passes of as many sequences as may be follow each other. */
function settled(msOf: (rows: number) => number, most = 64, passes = 400) {
  const lanes = new LanesInUse(most);
  const costs = { ar: new PassCost(), head: new PassCost() };
  let widest = 0;
  for (let i = 0; i < passes; i++) {
    const sequences = lanes.now;
    widest = Math.max(widest, sequences);
    const rows = rowsOfSequence * sequences;
    costs.ar.add(rows, msOf(rows));
    costs.head.add(sequences, 0.01 * sequences);
    lanes.passed({ sequences, rows, asked: sequences }, costs);
  }
  return { now: lanes.now, widest };
}

it('are all in use where rows cost little beside the pass, or nothing', () => {
  expect(settled((rows) => 40 + rows).now).toBe(64);
  expect(settled(() => 10).now).toBe(64);
  expect(settled(() => 10, 45).now).toBe(45);
  expect(settled(() => 10, 1).now).toBe(1);
});

it('are few where each row costs as much as the first', () => {
  expect(settled((rows) => 5 * rows)).toMatchObject({ now: 16, widest: 32 });
});

it('are as many as raise the rows a second, and no more than one doubling is tried beyond', () => {
  // Rows up to 32 are free, and then each costs the same.
  const { now, widest } = settled((rows) => Math.max(32, rows));
  expect(now).toBeGreaterThanOrEqual(16);
  expect(now).toBeLessThanOrEqual(32);
  expect(widest).toBeLessThanOrEqual(32);
});

it('are more again once rows cost less', () => {
  const lanes = new LanesInUse(64);
  const of = (msOf: (rows: number) => number) => ({ ar: { of: msOf }, head: { of: () => 0 } });
  const pass = (msOf: (rows: number) => number) => {
    const sequences = lanes.now;
    lanes.passed({ sequences, rows: 2 * sequences, asked: sequences }, of(msOf));
  };
  // A little slower may be chance.
  for (let i = 0; i < 100; i++) pass((rows) => rows ** 1.1);
  expect(lanes.now).toBe(16);
  for (let i = 0; i < 100; i++) pass((rows) => rows ** 1.3);
  expect(lanes.now).toBe(1);
  for (let i = 0; i < 100; i++) pass(() => 5);
  expect(lanes.now).toBe(64);
});

it('stay as they are while passes are not full', () => {
  const lanes = new LanesInUse(64);
  for (let i = 0; i < 100; i++)
    lanes.passed({ sequences: 5, rows: 10, asked: 8 }, { ar: { of: () => 1 }, head: { of: () => 0 } });
  expect(lanes.now).toBe(16);
});
