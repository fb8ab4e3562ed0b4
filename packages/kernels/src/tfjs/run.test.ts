// Memory of runs on TensorFlow.js: nothing is left over, weights are there once, the KV cache is as long as its tokens.
import {
  type Executable,
  float32,
  type Inputs,
  InterruptedError,
  input,
  ops,
  type Program,
  state,
  type Tensor,
  trace,
  variable,
  type WeightSource,
  weight,
  weightsInMemory,
} from '@maria/core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectClose, integers, normals } from '../onnx/lowered.test.support.js';
import { kernels } from './kernels.js';
import type { Tfjs } from './library.js';
import { loadTfjsOnCpu, tfjsOnCpu } from './tfjs-cpu.test.support.js';

const width = 8;
const table = normals([11, width], 1).data as Float32Array;
const inMemory = weightsInMemory({ table: { shape: [11, width], data: table } });
/** The same tensor as rows of a file. */
const inFile: WeightSource = {
  ...inMemory,
  get: (name) => ({
    name,
    dtype: 'float32',
    shape: [11, width],
    location: { kind: 'file', file: '/weights.safetensors', offset: 64, length: table.byteLength },
  }),
};

/** A decoder of one layer with tied embeddings: logits of each token. */
function decoder(): Program {
  const ids = input('ids', [1, 'time'], 'int32');
  const embedded = ops.embedding(ids, weight('table', [11, width]));
  const x = ops.layerNorm(embedded, { epsilon: 1e-5 });
  const [keys, values] = ['keys', 'values'].map((name) => state(name, [1, 2, 32, width / 2]));
  const attended = ops.laneAttention(x, x, x, keys!, values!, ops.laneSlots(), { heads: 2 });
  const hidden = ops.add(embedded, ops.gelu(ops.multiply(attended, 0.5)));
  return trace({ logits: ops.linear(hidden, weight('table', [11, width])), hidden });
}

const tokens = (start: number, count: number): Inputs => ({
  ids: integers([1, count], 11, start),
  ...ops.slotInputs([{ pastLength: start, rowCount: count }]),
});

let tf: Tfjs;
let executables: Executable[];
let before: number;

beforeAll(async () => {
  tf = await loadTfjsOnCpu();
});
beforeEach(() => {
  executables = [];
  before = tf.memory().numTensors;
});
afterEach(() => {
  for (const executable of executables) executable.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

async function compile(program: Program, source: WeightSource, backend = tfjsOnCpu()) {
  const executable = await backend.compile(program, source);
  executables.push(executable);
  return executable;
}

describe('a run', () => {
  it('leaves no tensor behind, whatever the lengths are', async () => {
    const executable = await compile(decoder(), inMemory);
    await executable.run(tokens(0, 5));
    const { numTensors, numDataBuffers } = tf.memory();
    for (const [start, count] of [
      [5, 1],
      [6, 1],
      [7, 3],
      [2, 1],
      [0, 4],
    ] as const)
      await executable.run(tokens(start, count));
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  });

  it('holds keys and values of the tokens so far', async () => {
    const executable = await compile(decoder(), inMemory);
    await executable.run(tokens(0, 5));
    const { numBytes } = tf.memory();
    await executable.run(tokens(5, 3));
    expect(tf.memory().numBytes - numBytes).toBe(3 * 2 * width * 4);
    expect(executable.stateBytes).toBe(32 * 2 * width * 4);
  });

  it('leaves no tensor behind when it fails or is interrupted', async () => {
    const executable = await compile(decoder(), inMemory);
    const expected = structuredClone(await executable.run(tokens(0, 5)));
    const { numTensors } = tf.memory();
    const last = kernels.get(decoder().nodes.at(-1)!.op.name)!;
    const failing = vi.spyOn(last, 'compute').mockImplementation(() => {
      throw new Error('there is no room for it');
    });
    await expect(executable.run(tokens(5, 2))).rejects.toMatchObject({
      code: 'run-failed',
      message: 'Cannot run the program: there is no room for it',
    });
    failing.mockRestore();
    expect(tf.memory().numTensors).toBe(numTensors);

    const run = executable.run(tokens(5, 2));
    setImmediate(() => executable.interrupt());
    await expect(run).rejects.toBeInstanceOf(InterruptedError);
    expect(tf.memory().numTensors).toBe(numTensors);
    expectClose((await executable.run(tokens(0, 5))).logits!, expected.logits!, 0);
  });

  it('holds no value longer than it is needed', async () => {
    let y: Tensor = input('x', [1000]);
    for (let i = 0; i < 20; i++) y = ops.negate(y);
    const executable = await compile(trace({ y }), inMemory);
    const most = { bytes: 0 };
    let running = true;
    const run = executable.run({ x: float32(new Float32Array(1000)) }).finally(() => {
      running = false;
    });
    while (running) {
      most.bytes = Math.max(most.bytes, tf.memory().numBytes);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    await run;
    expect(most.bytes).toBeGreaterThan(0);
    expect(most.bytes).toBeLessThanOrEqual(2 * 4000);
  });
});

describe('weights', () => {
  it('of a file are there once for all executables of a backend', async () => {
    const backend = tfjsOnCpu();
    const first = await compile(decoder(), inFile, backend);
    const { numBytes } = tf.memory();
    const second = await compile(decoder(), inFile, backend);
    expect(tf.memory().numBytes - numBytes).toBeLessThan(table.byteLength);
    const { logits } = structuredClone(await first.run(tokens(0, 5)));
    first.dispose();
    expectClose((await second.run(tokens(0, 5))).logits!, logits!, 0);
  });

  it('in memory are copied, so that their owner may change them', async () => {
    const source = weightsInMemory({ table: { shape: [11, width], data: table.slice() } });
    const executable = await compile(decoder(), source);
    const { logits } = structuredClone(await executable.run(tokens(0, 5)));
    source.read('table').fill(0);
    expectClose((await executable.run(tokens(0, 5))).logits!, logits!, 0);
  });

  it('that cannot be read leave nothing behind', async () => {
    const program = trace({ y: ops.add(weight('table', [11, width]), weight('other', [width])) });
    await expect(compile(program, inMemory)).rejects.toThrow('needs the weight "other"');
  });
});

describe('programs that cannot run', () => {
  const slots = ops.laneSlots();
  const x = input('x', [1, 'time', 4]);
  const cache = state('cache', [1, 1, 8, 4]);
  const other = state('other', [1, 1, 8, 4]);

  it('are refused when they are compiled', async () => {
    const unknown = { ...x, op: { ...ops.negateOp, name: 'fold' }, inputs: [x] };
    await expect(compile(trace({ y: unknown }), inMemory)).rejects.toThrow('the op "fold" on TensorFlow.js');
    const twice = ops.laneAttention(x, x, x, cache, cache, slots, { heads: 1 });
    await expect(compile(trace({ y: twice }), inMemory)).rejects.toThrow('two nodes of one program write');
    const read = ops.add(ops.laneAttention(x, x, x, cache, other, slots, { heads: 1 }), ops.sum(cache));
    await expect(compile(trace({ y: read }), inMemory)).rejects.toThrow('"cache" is used as a value');
    const outside = trace({ y: ops.slice(x, { axis: 1, start: 0, end: 3 }) });
    const executable = await compile(outside, inMemory);
    await expect(executable.run({ x: normals([1, 2, 4], 1) })).rejects.toThrow('slice up to 3 is outside');
  });
});

it('does not send a variable to the device that is only written', async () => {
  const w = variable('w', [1000]);
  const memory = { w: new Float32Array(1000) };
  const program = trace({}, [[w, ops.broadcastTo(input('x', [1]), [1000])]]);
  const executable = await tfjsOnCpu().compile(program, inMemory, memory);
  executables.push(executable);
  const upload = tf.memory().numBytes;
  const run = executable.run({ x: float32([3]) });
  expect(tf.memory().numBytes - upload).toBe(4);
  await run;
  expect(memory.w[999]).toBe(3);
});
