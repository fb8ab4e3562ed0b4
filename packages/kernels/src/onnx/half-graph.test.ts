// Programs in float16 against the reference: what is float in them is half, and positions and inputs and outputs are as before.
import {
  channelsInMemory,
  float32,
  type Inputs,
  input,
  int32,
  ops,
  referenceBackend,
  type Tensor,
  trace,
  type WeightSource,
  weight,
  weightsInMemory,
} from '@maria/core';
import { describe, expect, it } from 'vitest';
import type { DeviceDType } from '../device.js';
import { loweredProgram } from '../ort/lowered-program.js';
import { createOrtExecutable } from '../ort/ort-executable.js';
import { loadRuntime } from '../ort/runtime.js';
import { GraphBuilder } from './graph.js';
import { lower } from './lower.js';
import { normals } from './lowered.test.support.js';
import { ElementType } from './proto.js';

const runtime = await loadRuntime();
const weights = weightsInMemory({
  w: { shape: [64, 64], data: normals([64, 64], 1).data.map((x) => x / 8) as Float32Array },
  scale: { shape: [64], data: normals([64], 2).data as Float32Array },
});

/** The largest difference to the reference, of values that are about 1. */
async function difference(y: Tensor, inputs: Inputs, dtype: DeviceDType = 'float16', source = weights) {
  const program = trace({ y });
  const kernels = { kind: 'cuda', fusesAttention: true, dtype } as const;
  const executable = await createOrtExecutable(runtime, loweredProgram(program, source, kernels), {
    threads: 1,
  });
  const reference = await referenceBackend().compile(program, source);
  const [actual, expected] = [await executable.run(inputs), await reference.run(inputs)];
  executable.dispose();
  expect(actual.y!.dtype).toBe(expected.y!.dtype);
  return Math.max(...expected.y!.data.map((value, i) => Math.abs(value - actual.y!.data[i]!)));
}

describe('inHalf', () => {
  const x = input('x', ['rows', 64]);
  const given = { x: normals([5, 64], 3) };

  it('computes products, norms and activations in halves', async () => {
    const y = ops.silu(ops.rmsNorm(ops.linear(x, weight('w', [64, 64])), weight('scale', [64]), 1e-5));
    const half = await difference(y, given);
    expect(half).toBeGreaterThan(1e-4);
    expect(half).toBeLessThan(3e-2);
    expect(await difference(y, given, 'float32')).toBeLessThan(1e-5);
  });

  it('leaves numbers that are computed from positions as they are', async () => {
    // 3001 is no number of float16, and its cosine would be that of 3000.
    const positions = input('positions', ['rows'], 'int32');
    const angles = ops.cos(ops.multiply(ops.cast(positions, 'float32'), 1));
    expect(await difference(angles, { positions: int32([0, 3001, 8191]) })).toBe(0);
    const ofRows = ops.multiply(ops.reshape(angles, ['rows', 1]), x);
    expect(await difference(ofRows, { ...given, positions: int32([0, 1, 2000, 3001, 8191]) })).toBeLessThan(
      5e-3,
    );
  });

  it('multiplies int8 weights in float32: their sums are beyond what float16 has', async () => {
    const [outputs, inputs] = [4, 512];
    const tensor = channelsInMemory(
      { name: 'w', shape: [outputs, inputs], axis: 1 },
      new Int8Array(inputs * outputs).fill(127),
      new Float32Array(outputs).fill(1 / 127),
    );
    const source: WeightSource = {
      names: () => ['w'],
      get: () => tensor,
      read: () => new Float32Array(inputs * outputs).fill(1),
    };
    const y = ops.linear(input('x', ['rows', inputs]), weight('w', [outputs, inputs]));
    // 512, of which float16 has the nearest 0.25.
    const ones = float32(new Float32Array(2 * inputs).fill(1), [2, inputs]);
    expect(await difference(y, { x: ones }, 'float16', source)).toBeLessThanOrEqual(0.25);
  });

  it('bounds constants to what float16 has', async () => {
    const masked = ops.softmax(ops.add(x, -1e30));
    expect(await difference(masked, { x: float32(new Float32Array(64), [1, 64]) })).toBeLessThan(1e-4);
  });

  it.each(['float16', 'bfloat16'] as const)('reads weights that are stored in %s as they are', (dtype) => {
    const table = {
      ...{ name: 't', dtype, shape: [3, 2] },
      location: { kind: 'memory', bytes: new Uint8Array(12) },
    } as const;
    const source = { names: () => ['t'], get: () => table, read: () => new Float32Array(6) };
    const y = ops.embedding(input('ids', ['n'], 'int32'), weight('t', [3, 2]));
    const { model } = lower(trace({ y }), source, 1, { kind: 'cuda', fusesAttention: true, dtype });
    const text = new TextDecoder('latin1').decode(model);
    // That of the output.
    expect(text.match(/Cast_node/g)).toHaveLength(1);
    expect(text).not.toContain('t.half');
  });

  it('has one conversion for each value, and none for integers', () => {
    const graph = new GraphBuilder();
    graph.addInput('x', 'float32', [2]);
    graph.addInput('ids', 'int32', [2]);
    const sum = graph.addNode('Add', ['x', 'x']);
    graph.addNodeTo(['y'], 'Gather', [graph.addNode('Mul', [sum, 'x']), 'ids']);
    graph.addOutput('y', 'float32', [2]);
    const text = new TextDecoder('latin1').decode(graph.serialize('float16'));
    expect(text.match(/Cast_node/g)).toHaveLength(2);
    expect(text).toContain('x.half');
    expect(text).not.toContain('ids.half');
    expect(new TextDecoder('latin1').decode(graph.serialize())).not.toContain('Cast');
    expect(ElementType.float16).toBe(10);
  });
});
