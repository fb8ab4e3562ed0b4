// Windows of long sequences: all masked tokens are in one, in order, with as much around them as fits.
import { describe, expect, test } from 'vitest';
import { letterModel } from '../anneal/letter-model.test.support.js';
import { randomKey } from '../random.js';
import { planWindows, type WindowRoom, windowRoom } from './windows.js';

/** Token 0 is a word, 1 a full stop with the space after it. */
const vocabulary = { bytesOf: (id: number) => new TextEncoder().encode([' word', '. The'][id] ?? '') };
const stop = { bytesOf: (id: number) => new TextEncoder().encode([' Word', '.'][id] ?? '') };

const both = (tokens: number, before = tokens): WindowRoom => ({ tokens, before, after: Infinity });

function plan(length: number, masked: number[], room: WindowRoom, stops: number[] = []) {
  const ids = Array.from({ length }, (_, i) => (stops.includes(i) ? 1 : 0));
  return planWindows({ ids, masked }, room, stops.length > 0 ? stop : vocabulary);
}

test('a sequence that fits is read as it is', () => {
  expect(plan(20, [3, 19], both(20))).toBeUndefined();
  expect(plan(20, [3, 9], both(20, 9))).toBeUndefined();
  expect(plan(21, [3], both(20))).toHaveLength(1);
  expect(plan(20, [3, 10], both(20, 9))).toHaveLength(2);
});

test('what nobody reads after the last gap makes no sequence too long', () => {
  expect(plan(500, [9], { tokens: 11, before: 10, after: 0 })).toBeUndefined();
  expect(plan(500, [400], { tokens: 11, before: 10, after: 0 })).toEqual([
    { start: 390, end: 401, masked: [400] },
  ]);
});

test('a gap is in the middle, and at an end of the text sees more on its other side', () => {
  expect(plan(1000, [500], both(21))).toEqual([{ start: 490, end: 511, masked: [500] }]);
  expect(plan(1000, [2], both(21))).toEqual([{ start: 0, end: 21, masked: [2] }]);
  expect(plan(1000, [999], both(21))).toEqual([{ start: 979, end: 1000, masked: [999] }]);
  expect(plan(1000, [500], both(21, 4))).toEqual([{ start: 496, end: 517, masked: [500] }]);
});

test('gaps share a window while they are at most half of one apart', () => {
  const masked = plan(1000, [100, 109, 111, 130, 200], both(20))!.map((window) => window.masked);
  expect(masked).toEqual([[100, 109], [111], [130], [200]]);
});

test('masked tokens that follow each other stay together where they can', () => {
  const of = (...masked: number[]) => plan(1000, masked, both(20))!.map((window) => window.masked);
  expect(of(100, 108, 109, 110)).toEqual([[100], [108, 109, 110]]);
  const run = Array.from({ length: 14 }, (_, i) => 200 + i);
  expect(of(...run)).toEqual([run.slice(0, 10), run.slice(10)]);
});

test('a window begins and ends with a sentence, in the outer half of each side', () => {
  expect(plan(1000, [500], both(21), [491, 494])).toEqual([{ start: 492, end: 513, masked: [500] }]);
  expect(plan(1000, [500], both(21), [497, 503])).toEqual([{ start: 490, end: 511, masked: [500] }]);
  expect(plan(1000, [500], both(21), [504, 507])).toEqual([{ start: 490, end: 508, masked: [500] }]);
  expect(plan(1000, [500, 600], both(21), [490, 493])).toEqual([
    { start: 491, end: 512, masked: [500] },
    { start: 590, end: 611, masked: [600] },
  ]);
});

test('windows follow from what is not masked', () => {
  const ids = Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? 1 : 0));
  const masked = [49, 50, 140, 141, 142, 210];
  const others = ids.map((id, i) => (masked.includes(i) ? 1 - id : id));
  const of = (given: number[]) => planWindows({ ids: given, masked }, both(40), stop);
  expect(of(others)).toEqual(of(ids));
});

test('whatever is masked is in one window, which is no longer than it may be', () => {
  const key = randomKey(8);
  for (let round = 0; round < 300; round++) {
    const draw = (n: number, most: number) => Math.floor(key.uniform(round, n) * most);
    const length = 30 + draw(0, 300);
    const rate = key.uniform(round, 1);
    const chosen = [...Array(length).keys()].filter((i) => key.uniform(1000 + round, i) < rate);
    const masked = chosen.length > 0 ? chosen : [length - 1];
    const tokens = 2 + draw(2, 30);
    const room = both(tokens, 1 + draw(3, tokens));
    const windows = plan(length, masked, room, [5, 40, 41, 90, 200])!;
    if (!windows) continue;
    expect(windows.flatMap((window) => window.masked)).toEqual(masked);
    for (const { start, end, masked: own } of windows) {
      expect(end - start).toBeLessThanOrEqual(room.tokens);
      expect(own.at(-1)! - start).toBeLessThanOrEqual(room.before);
      expect(start >= 0 && end <= length && own.at(-1)! < end).toBe(true);
      expect(start).toBeLessThan(Math.max(1, own[0]!));
    }
  }
});

describe('room', () => {
  const model = letterModel({ capacity: 40, maxLength: 30 });

  test('is what the parts have that are read, without the tokens around the text', () => {
    const around = { ...model, alignment: { arPrefix: [9], mlmPrefix: [9], mlmSuffix: [9] } };
    expect(windowRoom(around, ['ar', 'mlm'], 'auto')).toEqual({ tokens: 28, before: 39, after: Infinity });
    expect(windowRoom(around, ['ar', 'mlm'], 20)).toEqual({ tokens: 18, before: 19, after: Infinity });
    expect(windowRoom(around, ['ar'], 'auto')).toEqual({ tokens: 40, before: 39, after: 0 });
    expect(windowRoom(around, ['mlm'], 100)).toMatchObject({ tokens: 28 });
  });

  test.each([0, 15, 20.5, -1, 'most'])('of %s tokens is refused', (size) => {
    expect(() => windowRoom(model, ['ar'], size as number)).toThrow(
      `Cannot read in windows: window is ${size}, it must be 'auto' or a whole number of at least 16.`,
    );
  });
});
