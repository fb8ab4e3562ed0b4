// laneAttention: equals causal attention however the tokens are cut into chunks; the cache, errors.
import { describe, expect, test } from 'vitest';
import type { StateStorage } from '../tensor/dtype.js';
import { compileReference, weightsInMemory } from '../tensor/evaluate.js';
import { input, state } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { roundToFloat16 } from '../tensor/rounding.js';
import { float32, type Value } from '../tensor/values.js';
import { attention } from './attention.js';
import { decomposeAttention } from './attention-decomposition.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { gradients } from './gradient.js';
import { type LaneAttentionOptions, laneAttention, laneSlots, slotInputs } from './lane-attention.js';
import { sum } from './sum.js';

const [heads, kvHeads, headSize, capacity] = [4, 2, 3, 8];

function program(storage: StateStorage = 'float32', lanes = 1, form: Partial<LaneAttentionOptions> = {}) {
  const q = input('q', [1, 'time', heads * headSize]);
  const k = input('k', [1, 'time', kvHeads * headSize]);
  const v = input('v', [1, 'time', kvHeads * headSize]);
  const keys = state('keys', [lanes, kvHeads, capacity, headSize], storage);
  const cachedValues = state('values', [lanes, kvHeads, capacity, headSize], storage);
  const past = laneSlots();
  const result = laneAttention(q, k, v, keys, cachedValues, past, { heads, kvHeads, ...form });
  return { result, q, k, v, keys, cachedValues, past };
}

const compile = (storage?: StateStorage, lanes?: number, form?: Partial<LaneAttentionOptions>) =>
  compileReference(trace({ result: program(storage, lanes, form).result }), weightsInMemory({}));

function values(time: number, width: number, seed: number): Value {
  const data = Array.from({ length: time * width }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));
  return float32(data, [1, time, width]);
}

const rows = ({ data, shape }: Value, start: number, end: number): Value => {
  const width = shape[2]!;
  return float32(Float32Array.from(data.subarray(start * width, end * width)), [1, end - start, width]);
};

const q = values(8, heads * headSize, 1);
const k = values(8, kvHeads * headSize, 2);
const v = values(8, kvHeads * headSize, 3);
const inputs = (start: number, end: number, past = start) => ({
  q: rows(q, start, end),
  k: rows(k, start, end),
  v: rows(v, start, end),
  ...slotInputs([{ rowCount: end - start, pastLength: past }]),
});
const whole = evaluateFunction((a, b, c) => attention(a, b, c, { heads, kvHeads, causal: true }), [q, k, v]);
const close = (expected: Value) => [...expected.data].map((x) => expect.closeTo(x, 6));

test.each([[[8]], [[1, 1, 1, 1, 1, 1, 1, 1]], [[3, 1, 4]]])(
  'chunks of %o equal one causal pass',
  (chunks) => {
    const executable = compile();
    let start = 0;
    for (const size of chunks) {
      const { result } = executable.runSync(inputs(start, start + size));
      expect([...result!.data]).toEqual(close(rows(whole, start, start + size)));
      start += size;
    }
  },
);

test.each([{ window: 1 }, { window: 3 }, { window: 8 }, { softcap: 0.4 }, { window: 2, softcap: 0.4 }])(
  'chunks equal what the decomposition gives with %o, and that counts',
  (form) => {
    const settings = { heads, kvHeads, causal: true, scale: 1 / Math.sqrt(headSize), ...form };
    const expected = evaluateFunction((a, b, c) => decomposeAttention(a, b, c, settings), [q, k, v]);
    const executable = compile('float32', 1, form);
    for (const [start, end] of [
      [0, 3],
      [3, 4],
      [4, 8],
    ] as const) {
      const { result } = executable.runSync(inputs(start, end));
      expect([...result!.data]).toEqual(close(rows(expected, start, end)));
    }
    const isWhole = 'window' in form && form.window === 8;
    if (isWhole) expect([...expected.data]).toEqual(close(whole));
    else expect([...expected.data]).not.toEqual(close(whole));
  },
);

test('a window of w holds w keys, the last of them the own one', () => {
  // Equal scores: the mean of the values that are seen.
  const flat = { ...inputs(0, 8), q: values(8, heads * headSize, 0) };
  flat.q.data.fill(0);
  const { result } = compile('float32', 1, { window: 2 }).runSync(flat);
  for (let t = 1; t < 8; t++)
    expect(result!.data[t * heads * headSize]).toBeCloseTo(
      (v.data[t * kvHeads * headSize]! + v.data[(t - 1) * kvHeads * headSize]!) / 2,
      6,
    );
});

test('lanes side by side equal each alone', () => {
  const together = compile('float32', 3);
  const packed = (...parts: [Value, number, number][]): Value => {
    const cut = parts.map(([x, start, end]) => rows(x, start, end));
    const data = Float32Array.from(cut.flatMap((x) => [...x.data]));
    return float32(data, [1, cut.reduce((n, { shape }) => n + shape[1]!, 0), cut[0]!.shape[2]!]);
  };
  // Lane 2 reads the sequence from its start, lane 0 a sequence that starts with its token 3.
  const run = (...reads: [lane: number, start: number, end: number, past: number][]) =>
    together.runSync({
      ...Object.fromEntries(
        Object.entries({ q, k, v }).map(([name, x]) => [
          name,
          packed(...reads.map(([, start, end]): [Value, number, number] => [x, start, end])),
        ]),
      ),
      ...slotInputs(
        reads.map(([lane, start, end, past]) => ({ lane, rowCount: end - start, pastLength: past })),
      ),
    }).result!;
  const alone = compile();
  const shifted = [alone.runSync(inputs(3, 5, 0)), alone.runSync(inputs(5, 8, 2))].map((r) => r.result!);
  const first = run([2, 0, 1, 0], [0, 3, 5, 0]);
  expect([...first.data]).toEqual(
    [...rows(whole, 0, 1).data, ...shifted[0]!.data].map((x) => expect.closeTo(x, 6)),
  );
  const second = run([0, 5, 8, 2], [2, 1, 4, 1]);
  expect([...second.data]).toEqual(
    [...shifted[1]!.data, ...rows(whole, 1, 4).data].map((x) => expect.closeTo(x, 6)),
  );
});

test('a copied lane goes on like the lane that it was copied from', async () => {
  const executable = compile('float32', 2);
  executable.runSync(inputs(0, 5));
  await executable.copyLane(0, 1, 3);
  const reads = slotInputs([{ lane: 1, rowCount: 2, pastLength: 3 }]);
  const { result } = executable.runSync({ ...inputs(3, 5), ...reads });
  expect([...result!.data]).toEqual(close(rows(whole, 3, 5)));
});

test('a shorter past overwrites what was after it', () => {
  const executable = compile();
  executable.runSync(inputs(0, 3));
  // Tokens 5 and 6 at places 3 and 4, then the true tokens 3 and 4 there.
  executable.runSync(inputs(5, 7, 3));
  const { result } = executable.runSync(inputs(3, 5));
  expect([...result!.data]).toEqual(close(rows(whole, 3, 5)));
});

test('the cache is state of one executable: its bytes are counted, others do not see it', () => {
  const executable = compile();
  expect(executable.stateBytes).toBe(2 * kvHeads * capacity * headSize * 4);
  executable.runSync(inputs(0, 3));
  const fresh = compile().runSync(inputs(3, 4));
  const { result } = executable.runSync(inputs(3, 4));
  expect([...result!.data]).not.toEqual([...fresh.result!.data]);
});

test('a float16 cache holds keys and values rounded, those of the same run too', () => {
  const rounded = (x: Value) => ({ ...x, data: Float32Array.from(x.data, roundToFloat16) });
  const [half, full] = [compile('float16'), compile()];
  for (const [start, end] of [
    [0, 3],
    [3, 4],
    [4, 8],
  ] as const) {
    const given = inputs(start, end);
    const { result } = half.runSync(given);
    expect(result).toEqual(full.runSync({ ...given, k: rounded(given.k), v: rounded(given.v) }).result);
    expect([...result!.data]).not.toEqual([...rows(whole, start, end).data]);
  }
});

test('keys of ±1e4 and NaN', () => {
  const extreme = { ...inputs(0, 2), k: float32(new Array<number>(12).fill(1e4), [1, 2, 6]) };
  expect([...compile().runSync(extreme).result!.data].every(Number.isFinite)).toBe(true);
  const withNaN = { ...inputs(0, 2), v: float32([Number.NaN, ...rows(v, 0, 2).data.subarray(1)], [1, 2, 6]) };
  const { data } = compile().runSync(withNaN).result!;
  // The first element of key head 0 is read by query heads 0 and 1.
  expect([...data].flatMap((x, i) => (Number.isNaN(x) ? [i] : []))).toEqual([0, 3, 12, 15]);
});

describe('errors', () => {
  test('a full cache and a negative past', () => {
    const executable = compile();
    executable.runSync(inputs(0, 8));
    expect(() => executable.runSync(inputs(0, 2, 7))).toThrow(
      'laneAttention: 7 past and 2 new tokens do not fit a cache of 8',
    );
    expect(() => executable.runSync(inputs(0, 1, -1))).toThrow('-1 past and 1 new tokens');
    const given = (lane: number, rowCount: number) => ({
      ...inputs(0, 2),
      ...slotInputs([{ lane, rowCount, pastLength: 0 }]),
    });
    expect(() => executable.runSync(given(1, 2))).toThrow('there is no lane 1, the cache has 1');
    expect(() => executable.runSync(given(0, 1))).toThrow('the slots have 1 rows, and q has 2');
  });

  test('operands', () => {
    const p = program();
    const options = { heads, kvHeads };
    expect(p.result).toMatchObject({
      shape: [1, 'time', 12],
      attributes: { heads, kvHeads, scale: 1 / Math.sqrt(headSize) },
    });
    const notState = input('keys', [1, kvHeads, capacity, headSize]);
    expect(() => laneAttention(p.q, p.k, p.v, notState, p.cachedValues, p.past, options)).toThrow(
      'laneAttention needs caches that are state of shape [1, 2, 8, 3], got input [1, 2, 8, 3]',
    );
    const tooSmall = state('values', [1, kvHeads, capacity - 1, headSize]);
    expect(() => laneAttention(p.q, p.k, p.v, p.keys, tooSmall, p.past, options)).toThrow(
      'got state [1, 2, 7, 3]',
    );
    const half = state('values', [1, kvHeads, capacity, headSize], 'float16');
    expect(() => laneAttention(p.q, p.k, p.v, p.keys, half, p.past, options)).toThrow(
      'laneAttention needs two caches of one storage, got float32 and float16',
    );
    const slots = { ...laneSlots(), rowCounts: input('past', [1]) };
    expect(() => laneAttention(p.q, p.k, p.v, p.keys, p.cachedValues, slots, options)).toThrow(
      'int32 of one length, got int32 [slots], float32 [1], int32 [slots]',
    );
    const batch = input('q', ['batch', 'time', 12]);
    const batchKeys = input('k', ['batch', 'time', 6]);
    expect(() => laneAttention(batch, batchKeys, batchKeys, p.keys, p.cachedValues, p.past, options)).toThrow(
      'laneAttention needs batch 1 and as many new keys as queries, got q [batch, time, 12]',
    );
  });

  test('it has no gradient', () => {
    const { result, q: queries } = program();
    expect(() => gradients(sum(result), [queries])).toThrow('the op "laneAttention" has no gradient');
  });
});
