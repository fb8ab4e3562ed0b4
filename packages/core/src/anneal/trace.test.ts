// Reading records of sweeps back.
import { expect, test } from 'vitest';
import { readSweepRecord } from './trace.js';

const record = {
  seed: 1,
  chain: 0,
  sweep: 3,
  text: 'ab',
  ids: [0, 1],
  changed: [1],
  masked: [1],
  energy: 4.5,
  temperature: 0.5,
  maskRate: 0.5,
  accepted: true,
  confidence: [1, 0.25],
  elapsedMs: 12.5,
};

test('a record comes back through JSON as it was; fields of others are dropped', () => {
  expect(readSweepRecord(JSON.parse(JSON.stringify({ ...record, note: 'x' })), 'line 1')).toEqual(record);
});

test.each([
  [[], 'it must be an object, and is an empty list'],
  [{ ...record, sweep: -1 }, '"sweep"'],
  [{ ...record, sweep: undefined }, '"sweep"'],
  [{ ...record, energy: null }, '"energy"'],
  [{ ...record, ids: [] }, '"ids"'],
  [{ ...record, ids: [0, 1.5] }, '"ids.1"'],
  [{ ...record, confidence: [1, 2] }, '"confidence.1"'],
  [{ ...record, confidence: [1] }, 'it has 2 ids and 1 values of confidence'],
  [{ ...record, masked: [2] }, 'position 2 is beyond its 2 ids'],
])('what is none is told (%#)', (value, fact) => {
  expect(() => readSweepRecord(value, 'line 7 of trace.jsonl')).toThrow(
    expect.objectContaining({ exitStatus: 3, message: expect.stringContaining(fact) }),
  );
  expect(() => readSweepRecord(value, 'line 7 of trace.jsonl')).toThrow(
    /^Cannot read line 7 of trace\.jsonl: /,
  );
});
