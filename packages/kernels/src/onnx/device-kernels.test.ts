// Graphs as they are lowered for devices, computed on the CPU: every form of attention, int8, tables of halves, and the cosines of positions.
import { type Backend, channelsInMemory, input, int32, ops, state, trace, weight } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { loweredProgram } from '../ort/lowered-program.js';
import { createOrtExecutable } from '../ort/ort-executable.js';
import { loadRuntime } from '../ort/runtime.js';
import { type DeviceKernels, rotationsOf } from './device-kernels.js';
import { expectAsReference, normals, randomInputs } from './lowered.test.support.js';

const runtime = await loadRuntime();
const lowered = (kernels: DeviceKernels): Backend => ({
  name: `ort, as for ${kernels.kind}, ${kernels.fusesAttention ? 'fused' : 'plain'}`,
  device: 'cpu',
  compile: (program, weights) =>
    createOrtExecutable(runtime, loweredProgram(program, weights, kernels), { threads: 1 }),
});
const backends = (['webgpu', 'cuda'] as const).flatMap((kind) =>
  [true, false].map((fusesAttention) => lowered({ kind, fusesAttention })),
);

type Form = Partial<Pick<ops.LaneAttentionAttributes, 'window' | 'softcap' | 'scale' | 'storage'>>;

describe('attention', () => {
  const size = { heads: 4, kvHeads: 2, headSize: 6 };
  const [width, kvWidth] = [size.heads * size.headSize, size.kvHeads * size.headSize];

  it.each([
    {},
    { window: 3 },
    { softcap: 0.5 },
    { window: 1, softcap: 2, scale: 0.3 },
    { softcap: 0.5, storage: 'float16' },
    { storage: 'float16' },
  ] as const)(
    'over caches, in lanes, chunks and cut back: %j',
    async ({ storage = 'float32', ...form }: Form) => {
      const given = (name: string, of: number) => input(name, [1, 'time', of]);
      const cache = (name: string) => state(name, [3, size.kvHeads, 12, size.headSize], storage);
      const y = ops.laneAttention(
        given('q', width),
        given('k', kvWidth),
        given('v', kvWidth),
        cache('keys'),
        cache('values'),
        ops.laneSlots(),
        { ...size, ...form },
      );
      const reads = (seed: number, ...lanes: [lane: number, pastLength: number, rowCount: number][]) => {
        const time = lanes.reduce((total, [, , rowCount]) => total + rowCount, 0);
        return {
          q: normals([1, time, width], seed),
          k: normals([1, time, kvWidth], seed + 1),
          v: normals([1, time, kvWidth], seed + 2),
          ...ops.slotInputs(lanes.map(([lane, pastLength, rowCount]) => ({ lane, pastLength, rowCount }))),
        };
      };
      await expectAsReference(
        y,
        [
          reads(1, [0, 0, 5]),
          reads(4, [2, 0, 1], [0, 5, 2], [1, 0, 7]),
          reads(7, [0, 3, 1], [1, 7, 5]),
          reads(10, [2, 1, 11]),
        ],
        // Halves of queries, and where a kernel has all of it, of what is computed.
        { backends, ...(storage === 'float16' && { tolerance: 3e-3 }) },
      );
    },
  );

  it('over a cache that is read in parts as it grows', async () => {
    const given = (name: string, of: number) => input(name, [1, 'time', of]);
    const cache = (name: string) => state(name, [1, size.kvHeads, 140, size.headSize]);
    const q = given('q', width);
    const [k, v] = [given('k', kvWidth), given('v', kvWidth)];
    const y = ops.laneAttention(q, k, v, cache('keys'), cache('values'), ops.laneSlots(), size);
    const read = (pastLength: number, rowCount: number) => ({
      q: normals([1, rowCount, width], pastLength),
      k: normals([1, rowCount, kvWidth], pastLength + 1),
      v: normals([1, rowCount, kvWidth], pastLength + 2),
      ...ops.slotInputs([{ pastLength, rowCount }]),
    });
    const runs = [
      read(0, 63),
      read(63, 1),
      read(64, 2),
      read(66, 62),
      read(128, 2),
      read(130, 10),
      read(62, 2),
    ];
    await expectAsReference(y, runs, { backends });
  });

  it.each([undefined, 2])('of packed sequences, with %s positions on either side', async (halfWindow) => {
    const y = ops.packedAttention(
      input('q', [1, 'time', width]),
      input('k', [1, 'time', width]),
      input('v', [1, 'time', width]),
      input('lengths', ['sequences'], 'int32'),
      { heads: size.heads, halfWindow },
    );
    const of = (lengths: number[]) => ({
      ...randomInputs(y, {
        time: lengths.reduce((a, b) => a + b, 0),
        sequences: lengths.length,
      }),
      lengths: int32(lengths),
    });
    await expectAsReference(y, [of([7]), of([3, 1, 9])], { backends });
  });
});

it.each([
  [64, 40],
  [50, 24],
])('products of int8 with %d inputs, and the first of the outputs', async (inputs, outputs) => {
  const integers = Int8Array.from({ length: inputs * outputs }, (_, i) => ((131 * i) % 255) - 127);
  const scales = Float32Array.from({ length: outputs }, (_, i) => 0.01 * (i - 7.3));
  const w = channelsInMemory({ name: 'w', shape: [outputs, inputs], axis: 1 }, integers, scales);
  const weights = { names: () => ['w'], get: () => w, read: () => new Float32Array(inputs * outputs) };
  const x = input('x', ['rows', inputs]);
  const product = (of: number) => ops.linear(x, weight('w', [of, inputs]));
  const largest = normals([3, inputs], 4);
  await expectAsReference({ all: product(outputs), first: product(5) }, [{ x: largest }], {
    weights,
    backends,
    tolerance: 2e-5,
  });
});

it('reads rows of a table of halves', async () => {
  const bytes = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3800, 0x0000, 0x4200, 0xbc00).buffer);
  const table = { name: 't', dtype: 'float16', shape: [3, 2], location: { kind: 'memory', bytes } } as const;
  const weights = {
    names: () => ['t'],
    get: () => table,
    read: () => Float32Array.of(1, -2, 0.5, 0, 3, -1),
  };
  const y = ops.embedding(input('ids', ['n'], 'int32'), weight('t', [3, 2]));
  await expectAsReference(y, [{ ids: int32([2, 0, 2]) }], { weights, backends });
});

it('tells the cosines and sines of positions and of noise, and what they come from, from others', () => {
  const positions = ops.cast(input('positions', ['n'], 'int32'), 'float32');
  const angle = ops.multiply(positions, ops.cast(ops.range(1), 'float32'));
  const [cos, sin] = [ops.cos(angle), ops.sin(angle)];
  const ofFloats = ops.cos(input('x', ['n']));
  const turned = ops.multiply(cos, ofFloats);
  const ofNoise = ops.cos(input('noise', [1]));
  const rotations = rotationsOf(trace({ sin, turned, other: ops.sqrt(positions), ofNoise }));
  for (const node of [positions, angle, cos, sin, ofNoise]) expect(rotations.has(node)).toBe(true);
  for (const node of [ofFloats, turned]) expect(rotations.has(node)).toBe(false);
});
