// Attention over a KV cache: any head size, in chunks, and after the cache was cut back.
import {
  float32,
  input,
  ops,
  type StateStorage,
  state,
  trace,
  type Value,
  weightsInMemory,
} from '@maria/core';
import { describe, expect, it } from 'vitest';
import { ortBackend } from '../../ort/ort-backend.js';
import { lower } from '../lower.js';
import { expectAsReference, expectClose, normals } from '../lowered.test.support.js';
import { readLengths } from './lane-attention.js';

const capacity = 19;

interface Size {
  heads: number;
  kvHeads: number;
  headSize: number;
  window?: number;
  softcap?: number;
}

function program({
  layers = 1,
  storage = 'float32',
  ...size
}: Size & { layers?: number; storage?: StateStorage }) {
  const { heads, kvHeads, headSize } = size;
  const q = input('q', [1, 'time', heads * headSize]);
  const k = input('k', [1, 'time', kvHeads * headSize]);
  const v = input('v', [1, 'time', kvHeads * headSize]);
  const slots = ops.laneSlots();
  let y = q;
  for (let layer = 0; layer < layers; layer++) {
    const cache = [1, kvHeads, capacity, headSize];
    const [keys, values] = ['keys', 'values'].map((name) => state(`${name}.${layer}`, cache, storage));
    y = ops.laneAttention(y, k, v, keys!, values!, slots, size);
  }
  return y;
}

function rows(x: Value, start: number, end: number): Value {
  const width = x.shape[2]!;
  return float32(Float32Array.from(x.data.subarray(start * width, end * width)), [1, end - start, width]);
}

const at = (pastLength: number, rowCount: number) => ops.slotInputs([{ pastLength, rowCount }]);

/** Inputs for tokens start .. end - 1 of a sequence of 16 random ones. */
function tokens({ heads, kvHeads, headSize }: Size) {
  const q = normals([1, 16, heads * headSize], 1);
  const k = normals([1, 16, kvHeads * headSize], 2);
  const v = normals([1, 16, kvHeads * headSize], 3);
  return (start: number, end: number) => ({
    q: rows(q, start, end),
    k: rows(k, start, end),
    v: rows(v, start, end),
    ...at(start, end - start),
  });
}

const sizes: Size[] = [
  { heads: 4, kvHeads: 4, headSize: 8 },
  { heads: 4, kvHeads: 2, headSize: 64 },
  { heads: 4, kvHeads: 2, headSize: 6 },
  { heads: 6, kvHeads: 1, headSize: 12 },
  { heads: 6, kvHeads: 3, headSize: 20 },
  { heads: 1, kvHeads: 1, headSize: 7 },
  { heads: 4, kvHeads: 2, headSize: 12, window: 5 },
  { heads: 2, kvHeads: 1, headSize: 8, window: 1, softcap: 1.5 },
  { heads: 3, kvHeads: 3, headSize: 6, window: 12, softcap: 0.5 },
];

describe('laneAttention', () => {
  it.each(sizes)(
    'in chunks equals one pass: $heads heads, $kvHeads of keys, size $headSize, window $window, softcap $softcap',
    async (size) => {
      const given = tokens(size);
      const y = program(size);
      const chunks = await expectAsReference(y, [given(0, 10), given(10, 11), given(11, 16)]);
      const [whole] = await expectAsReference(y, [given(0, 16)]);
      const joined = Float32Array.from(chunks.flatMap(({ result }) => [...result!.data]));
      expectClose(float32(joined, whole!.result!.shape), whole!.result!, 2e-6);
    },
  );

  it('overwrites what lies beyond the past after the cache was cut back', async () => {
    const given = tokens(sizes[2]!);
    const other = { ...given(8, 12), ...at(4, 4) };
    await expectAsReference(program(sizes[2]!), [given(0, 10), other, given(8, 9)]);
  });

  // The kernel computes in float16 throughout, the reference only rounds the cache: numbers of 1 to 4 here, and 2^-11 of each.
  it.each(sizes)(
    'over a float16 cache, in chunks and cut back: $heads heads, $kvHeads of keys, size $headSize, window $window, softcap $softcap',
    async (size) => {
      const given = tokens(size);
      await expectAsReference(
        program({ ...size, storage: 'float16' }),
        [given(0, 10), given(10, 11), given(11, 16), given(4, 7), given(7, 8)],
        { backends: [ortBackend({ threads: 2 })], tolerance: 2e-3 },
      );
    },
  );

  it('keeps the layers of a program apart', async () => {
    const given = tokens(sizes[4]!);
    await expectAsReference(program({ ...sizes[4]!, layers: 3 }), [given(0, 5), given(5, 6), given(6, 16)]);
  });

  it('fills the whole capacity', async () => {
    const size = sizes[0]!;
    const given = tokens(size);
    await expectAsReference(program(size), [given(0, 16), { ...given(3, 6), ...at(16, 3) }]);
  });

  it.each(['float32', 'float16'] as const)(
    'declares %s state with heads filled up to a multiple of 8',
    (dtype) => {
      const { states } = lower(trace({ y: program({ ...sizes[2]!, storage: dtype }) }), weightsInMemory({}));
      const common = { lanes: 1, shape: [1, 2, capacity + 1, 8], dtype };
      expect(states).toEqual([
        { ...common, name: 'keys.0', slots: [{ past: 'past.keys.0.0', present: 'present.keys.0.0' }] },
        { ...common, name: 'values.0', slots: [{ past: 'past.values.0.0', present: 'present.values.0.0' }] },
      ]);
    },
  );

  it('refuses two nodes that write to one state', () => {
    const [q, cache] = [input('q', [1, 'time', 8]), state('cache', [1, 1, 4, 8])];
    const y = ops.laneAttention(q, q, q, cache, cache, ops.laneSlots(), { heads: 1 });
    expect(() => lower(trace({ y }), weightsInMemory({}))).toThrow(
      'two nodes of one program write to the state "cache"',
    );
  });
});

it('reads a cache in few lengths, which take twice the cache all together', () => {
  expect(readLengths(19)).toEqual([2, 19]);
  expect(readLengths(257)).toEqual([2, 64, 128, 256, 257]);
  for (const length of [19, 257, 2049, 8193])
    expect(readLengths(length).reduce((a, b) => a + b)).toBeLessThan(3 * length);
});
