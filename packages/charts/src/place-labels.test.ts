// Where the labels of points stand.
import { expect, test } from 'vitest';
import { placeLabels } from './place-labels.js';

const room = { left: 0, right: 200, top: 0, bottom: 100 };
const label = (x: number, y: number) => ({ point: [x, y] as const, width: 20 });
const right = { left: 108, right: 128, top: 44, bottom: 56 };
const above = { left: 90, right: 110, top: 30, bottom: 42 };
const below = { left: 90, right: 110, top: 58, bottom: 70 };

test('a label is to the right of its point, or where fewer lines are beneath it', () => {
  expect(placeLabels([label(100, 50)], [], room)).toEqual([right]);
  const level = [
    [0, 50],
    [200, 50],
  ] as const;
  expect(placeLabels([label(100, 50)], [level], room)).toEqual([above]);
  // What is beneath both sides of the point and above it leaves the place below.
  const over = [
    [90, 36],
    [110, 36],
  ] as const;
  expect(placeLabels([label(100, 50)], [level, over], room)).toEqual([below]);
});

test('no label leaves the plot or is on another, where there is room', () => {
  expect(placeLabels([label(190, 5)], [], room)).toEqual([{ left: 180, right: 200, top: 13, bottom: 25 }]);
  expect(placeLabels([label(100, 50), label(104, 50)], [], room)).toEqual([
    right,
    { ...above, left: 94, right: 114 },
  ]);
  const crowd = Array.from({ length: 9 }, () => label(100, 50));
  expect(placeLabels(crowd, [], room)).toHaveLength(9);
});
