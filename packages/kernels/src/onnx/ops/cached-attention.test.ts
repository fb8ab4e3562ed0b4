// Attention over a KV cache: any head size, in chunks, and after the cache was cut back.
import {
  float32,
  input,
  int32,
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

const capacity = 19;

function program({
  heads,
  kvHeads,
  headSize,
  layers = 1,
  storage = 'float32',
}: {
  heads: number;
  kvHeads: number;
  headSize: number;
  layers?: number;
  storage?: StateStorage;
}) {
  const q = input('q', [1, 'time', heads * headSize]);
  const k = input('k', [1, 'time', kvHeads * headSize]);
  const v = input('v', [1, 'time', kvHeads * headSize]);
  const past = input('past', [1], 'int32');
  let y = q;
  for (let layer = 0; layer < layers; layer++) {
    const cache = [1, kvHeads, capacity, headSize];
    const [keys, values] = ['keys', 'values'].map((name) => state(`${name}.${layer}`, cache, storage));
    y = ops.cachedAttention(y, k, v, keys!, values!, past, { heads, kvHeads });
  }
  return y;
}

function rows(x: Value, start: number, end: number): Value {
  const width = x.shape[2]!;
  return float32(Float32Array.from(x.data.subarray(start * width, end * width)), [1, end - start, width]);
}

/** Inputs for tokens start .. end - 1 of a sequence of 16 random ones. */
function tokens({ heads, kvHeads, headSize }: { heads: number; kvHeads: number; headSize: number }) {
  const q = normals([1, 16, heads * headSize], 1);
  const k = normals([1, 16, kvHeads * headSize], 2);
  const v = normals([1, 16, kvHeads * headSize], 3);
  return (start: number, end: number) => ({
    q: rows(q, start, end),
    k: rows(k, start, end),
    v: rows(v, start, end),
    past: int32([start]),
  });
}

const sizes = [
  { heads: 4, kvHeads: 4, headSize: 8 },
  { heads: 4, kvHeads: 2, headSize: 64 },
  { heads: 4, kvHeads: 2, headSize: 6 },
  { heads: 6, kvHeads: 1, headSize: 12 },
  { heads: 6, kvHeads: 3, headSize: 20 },
  { heads: 1, kvHeads: 1, headSize: 7 },
];

describe('cachedAttention', () => {
  it.each(sizes)(
    'in chunks equals one pass: $heads heads, $kvHeads of keys, size $headSize',
    async (size) => {
      const at = tokens(size);
      const y = program(size);
      const chunks = await expectAsReference(y, [at(0, 10), at(10, 11), at(11, 16)]);
      const [whole] = await expectAsReference(y, [at(0, 16)]);
      const joined = Float32Array.from(chunks.flatMap(({ result }) => [...result!.data]));
      expectClose(float32(joined, whole!.result!.shape), whole!.result!, 2e-6);
    },
  );

  it('overwrites what lies beyond the past after the cache was cut back', async () => {
    const at = tokens(sizes[2]!);
    const other = { ...at(8, 12), past: int32([4]) };
    await expectAsReference(program(sizes[2]!), [at(0, 10), other, at(8, 9)]);
  });

  // The kernel computes in float16 throughout, the reference only rounds the cache: numbers of 1 to 4 here, and 2^-11 of each.
  it.each(sizes)(
    'over a float16 cache, in chunks and cut back: $heads heads, $kvHeads of keys, size $headSize',
    async (size) => {
      const at = tokens(size);
      await expectAsReference(
        program({ ...size, storage: 'float16' }),
        [at(0, 10), at(10, 11), at(11, 16), at(4, 7), at(7, 8)],
        { backends: [ortBackend({ threads: 2 })], tolerance: 2e-3 },
      );
    },
  );

  it('keeps the layers of a program apart', async () => {
    const at = tokens(sizes[4]!);
    await expectAsReference(program({ ...sizes[4]!, layers: 3 }), [at(0, 5), at(5, 6), at(6, 16)]);
  });

  it('fills the whole capacity', async () => {
    const size = sizes[0]!;
    const at = tokens(size);
    await expectAsReference(program(size), [at(0, 16), { ...at(3, 6), past: int32([16]) }]);
  });

  it.each(['float32', 'float16'] as const)(
    'declares %s state with heads filled up to a multiple of 8',
    (dtype) => {
      const { states } = lower(trace({ y: program({ ...sizes[2]!, storage: dtype }) }), weightsInMemory({}));
      const shape = [1, 2, capacity, 8];
      expect(states).toEqual([
        { name: 'keys.0', shape, dtype, past: 'past.keys.0', present: 'present.keys.0' },
        { name: 'values.0', shape, dtype, past: 'past.values.0', present: 'present.values.0' },
      ]);
    },
  );

  it('refuses two nodes that write to one state', () => {
    const [q, cache, past] = [
      input('q', [1, 'time', 8]),
      state('cache', [1, 1, 4, 8]),
      input('past', [1], 'int32'),
    ];
    const y = ops.cachedAttention(q, q, q, cache, cache, past, { heads: 1 });
    expect(() => lower(trace({ y }), weightsInMemory({}))).toThrow(
      'two nodes of one program write to the state "cache"',
    );
  });
});
