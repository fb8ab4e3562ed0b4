import { expect, it } from 'vitest';
import { PassCost } from './pass-cost.js';

/** A few rows cost what one does; then each costs the same. */
const truth = (rows: number) => Math.max(1.4, 0.6 + 0.08 * rows);
const sizes = [1, 3, 7, 12, 20, 33, 64, 100];

function measured(passes: number, of = truth, cost = new PassCost()): PassCost {
  for (let i = 0; i < passes; i++) cost.add(sizes[i % sizes.length]!, of(sizes[i % sizes.length]!));
  return cost;
}

it('learns a cost that is no line', () => {
  const cost = measured(400);
  for (const rows of sizes) expect(cost.of(rows) / truth(rows)).toBeCloseTo(1, 0.9);
});

it('knows from one pass how slow the machine is, and supposes the rest', () => {
  const cost = new PassCost();
  cost.add(8, 30);
  expect(cost.of(8)).toBeCloseTo(30);
  expect(cost.of(1)).toBeLessThan(30);
  expect(cost.of(64)).toBeGreaterThan(60);
});

it('follows a machine that is slower now, for sizes that are not read too', () => {
  const cost = measured(400);
  for (let i = 0; i < 100; i++) cost.add(7, 5 * truth(7));
  expect(cost.of(7) / truth(7)).toBeCloseTo(5, 0);
  expect(cost.of(64) / truth(64)).toBeGreaterThan(2);
});

it('is little moved by passes that had to wait', () => {
  const cost = measured(400);
  const before = cost.of(12);
  for (let i = 0; i < 40; i++) cost.add(12, i % 10 === 0 ? 100 * truth(12) : truth(12));
  expect(cost.of(12) / before).toBeLessThan(1.1);
});

it('doubts the first pass of a size, which may have had to wait', () => {
  const cost = new PassCost();
  for (let i = 0; i < 5; i++) cost.add(1, 1);
  cost.add(2, 10);
  expect(cost.of(2)).toBeLessThan(2.5);
  for (let i = 0; i < 5; i++) cost.add(2, 1.2);
  expect(cost.of(2)).toBeLessThan(1.5);
});

it('supposes of sizes that were never read that they have become faster as those that are', () => {
  const cost = new PassCost();
  for (let i = 0; i < 5; i++) cost.add(60, 30);
  const before = cost.of(240) / cost.of(60);
  for (let i = 0; i < 60; i++) cost.add(60, 15);
  expect(cost.of(60)).toBeCloseTo(15, 0);
  expect(cost.of(240) / cost.of(60) / before).toBeLessThan(1.1);
});

it('never costs less for more rows, and goes on beyond what it holds', () => {
  const cost = measured(100, (rows) => 10 / rows);
  for (let rows = 1; rows < 3000; rows++) expect(cost.of(rows + 1)).toBeGreaterThanOrEqual(cost.of(rows));
  expect(measured(400).of(4000)).toBeGreaterThan(measured(400).of(2000));
});

it('learns at once what more rows cost that were never read, and takes nothing from those that were', () => {
  const cost = new PassCost();
  for (let i = 0; i < 5; i++) cost.add(2, 10);
  cost.add(4, 20);
  expect(cost.of(4)).toBeCloseTo(20, 0);
  expect(cost.of(8)).toBeGreaterThan(22);
  expect(cost.of(2)).toBeLessThan(11);
});
