// What only the C API gives: state in place, runs off the main thread that can be stopped, and nothing left behind.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  float32,
  float32ToFloat16,
  type Inputs,
  InterruptedError,
  input,
  int32,
  ops,
  state,
  trace,
  weightsInMemory,
} from '@maria/core';
import { describe, expect, it, vi } from 'vitest';
import { GraphBuilder } from '../onnx/graph.js';
import { normals } from '../onnx/lowered.test.support.js';
import type { GraphValue, LoweredGraph } from '../onnx/lowered-graph.js';
import { loweredProgram } from './lowered-program.js';
import { ortBackend } from './ort-backend.js';
import { createOrtExecutable } from './ort-executable.js';
import { Resources, releaseWhenForgotten } from './resources.js';
import { loadRuntime } from './runtime.js';

const value = (name: string, shape: (number | string)[], dtype: GraphValue['dtype'] = 'float32') => ({
  name,
  dtype,
  shape,
});

const size = 512;

function unitMatrix(): Float32Array {
  const unit = new Float32Array(size * size);
  for (let i = 0; i < size; i++) unit[i * (size + 1)] = 1;
  return unit;
}

/** x [rows, 512] times the unit matrix, again and again: y equals x, after as long as one likes. */
function chain(products: number, unit: 'input' | 'weight'): LoweredGraph {
  const graph = new GraphBuilder();
  const raw = new Uint8Array(unitMatrix().buffer);
  graph.addInput('x', 'float32', ['rows', size]);
  if (unit === 'input') graph.addInput('unit', 'float32', [size, size]);
  else graph.addInitializer('unit', 'float32', [size, size], { raw });
  let y = 'x';
  for (let i = 0; i < products; i++) y = graph.addNode('MatMul', [y, 'unit']);
  graph.addNodeTo(['y'], 'Identity', [y]);
  graph.addOutput('y', 'float32', ['rows', size]);
  const inputs = [value('x', ['rows', size]), ...(unit === 'input' ? [value('unit', [size, size])] : [])];
  return {
    model: graph.serialize(),
    inputs,
    outputs: [value('y', ['rows', size])],
    slotInputs: [],
    slots: 0,
    states: [],
    variables: [],
  };
}

/** Inputs of a chain of either kind. */
const rowsOf = (rows: number): Inputs => ({
  x: float32(
    Float32Array.from({ length: rows * size }, (_, i) => i % 1000),
    [rows, size],
  ),
  unit: float32(unitMatrix(), [size, size]),
});

const token = (position: number): Inputs => ({
  kv: float32(new Float32Array(8).fill(position + 1), [1, 1, 8]),
  ...ops.slotInputs([{ pastLength: position, rowCount: 1 }]),
});

describe('OrtExecutable', async () => {
  const runtime = await loadRuntime();
  const compile = (graph: LoweredGraph) =>
    createOrtExecutable(
      runtime,
      { slotSizes: [1], tableRows: new Map(), lower: () => graph },
      { threads: 1 },
    );

  it.each(['float32', 'float16'] as const)('writes to a KV cache of %s where it is', async (storage) => {
    const kv = input('kv', [1, 'time', 8]);
    const [keys, values] = ['keys', 'values'].map((name) => state(name, [1, 1, 16, 8], storage));
    const y = ops.laneAttention(kv, kv, kv, keys!, values!, ops.laneSlots(), { heads: 1 });
    const executable = await createOrtExecutable(runtime, loweredProgram(trace({ y }), weightsInMemory({})), {
      threads: 1,
    });
    // With room for a second row of a run of one.
    expect(executable.stateBytes).toBe(2 * 17 * 8 * (storage === 'float32' ? 4 : 2));
    const [data] = executable.states.get('values')!.data!;
    expect(data!.every((element) => element === 0)).toBe(true);
    const address = runtime.addressOf(data!);
    for (let position = 0; position < 16; position++) await executable.run(token(position));
    expect(executable.states.get('values')!.data![0]).toBe(data);
    expect(runtime.addressOf(data!)).toBe(address);
    const tokens = Float32Array.from({ length: 17 * 8 }, (_, i) => Math.min(16, Math.floor(i / 8) + 1));
    expect(data).toEqual(storage === 'float32' ? tokens : float32ToFloat16(tokens));
    executable.dispose();
  });

  it('leaves a turn to others before it makes one more session', async () => {
    const kv = input('kv', [1, 'time', 8]);
    const states = ['keys', 'values'].map((name) => state(name, [4, 1, 16, 8]));
    const y = ops.laneAttention(kv, kv, kv, states[0]!, states[1]!, ops.laneSlots(), { heads: 1 });
    const program = loweredProgram(trace({ y }), weightsInMemory({}));
    const order: string[] = [];
    const lower = (slots: number) => {
      order.push(`${slots} slots`);
      return program.lower(slots);
    };
    const executable = await createOrtExecutable(runtime, { ...program, lower }, { threads: 1 });
    setImmediate(() => order.push('others'));
    const slots = [0, 1].map((lane) => ({ lane, pastLength: 0, rowCount: 1 }));
    await executable.run({ kv: float32(new Float32Array(16), [1, 2, 8]), ...ops.slotInputs(slots) });
    expect(order).toEqual(['1 slots', 'others', '2 slots']);
    executable.dispose();
  });

  it('gives the same arrays again, which hold until the next run', async () => {
    const executable = await compile(chain(1, 'weight'));
    const first = await executable.run(rowsOf(3));
    const kept = first.y!.data.slice();
    expect(kept).toEqual(rowsOf(3).x!.data);
    const second = await executable.run({ x: float32(new Float32Array(512).fill(7), [1, 512]) });
    expect(second.y!.data.buffer).toBe(first.y!.data.buffer);
    expect(second.y).toMatchObject({ shape: [1, 512], data: new Float32Array(512).fill(7) });
    executable.dispose();
  });

  it('takes its own output as the next input', async () => {
    const executable = await compile(chain(1, 'weight'));
    const { y } = await executable.run(rowsOf(2));
    expect((await executable.run({ x: y! })).y!.data).toEqual(rowsOf(2).x!.data);
    executable.dispose();
  });

  // Uninterrupted this takes minutes, and on the main thread no timer would fire.
  it('lets timers fire during a run, is stopped by one, and runs again', async () => {
    const executable = await compile(chain(2000, 'input'));
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 5) executable.interrupt();
    }, 5);
    await expect(executable.run(rowsOf(20_000))).rejects.toThrow(InterruptedError);
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(5);
    expect((await executable.run(rowsOf(2))).y!.data).toEqual(rowsOf(2).x!.data);
    executable.dispose();
  });

  it('can be disposed of during a run', async () => {
    const executable = await compile(chain(2000, 'input'));
    const run = executable.run(rowsOf(20_000));
    setTimeout(() => executable.dispose(), 20);
    await expect(run).rejects.toThrow(InterruptedError);
    await expect(executable.run(rowsOf(1))).rejects.toThrow('has been disposed of');
  });

  it.each([
    ['no bytes', new Uint8Array(0), 'it has no bytes'],
    ['no protobuf', Uint8Array.of(1, 2, 3, 4), 'protobuf parsing failed'],
    ['half a model', chain(1, 'weight').model.subarray(0, 5000), 'protobuf parsing failed'],
  ])('refuses a model of %s', async (_, model, message) => {
    await expect(compile({ ...chain(1, 'weight'), model })).rejects.toMatchObject({
      code: 'graph-invalid',
      exitStatus: 3,
      message: expect.stringContaining(message),
    });
  });

  it('refuses a graph that does not have what was promised, or an unknown op', async () => {
    const graph = chain(1, 'weight');
    const other = await compile({ ...graph, outputs: [value('z', ['rows', 512])] });
    await expect(other.run(rowsOf(1))).rejects.toThrow('the graph has no output "z"');
    other.dispose();
    const builder = new GraphBuilder();
    builder.addNodeTo(['y'], 'NoSuchOp', []);
    builder.addOutput('y', 'float32', [1]);
    await expect(compile({ ...graph, model: builder.serialize() })).rejects.toMatchObject({
      code: 'graph-invalid',
      message: expect.stringContaining('NoSuchOp'),
    });
  });

  it('turns a failure inside a run into an error, and goes on', async () => {
    const builder = new GraphBuilder();
    builder.addInput('data', 'float32', [4]);
    builder.addInput('index', 'int32', [1]);
    builder.addNodeTo(['y'], 'Gather', ['data', 'index']);
    builder.addOutput('y', 'float32', [1]);
    const executable = await compile({
      model: builder.serialize(),
      inputs: [value('data', [4]), value('index', [1], 'int32')],
      outputs: [value('y', [1])],
      slotInputs: [],
      slots: 0,
      states: [],
      variables: [],
    });
    const data = float32([10, 11, 12, 13]);
    await expect(executable.run({ data, index: int32([4]) })).rejects.toMatchObject({
      code: 'run-failed',
      exitStatus: 5,
      message: expect.stringContaining('out of'),
    });
    expect((await executable.run({ data, index: int32([2]) })).y!.data).toEqual(Float32Array.of(12));
    executable.dispose();
  });

  it('keeps memory flat over thousands of runs and dozens of sessions', async () => {
    const graph = chain(8, 'weight');
    const runs = async (count: number) => {
      const executable = await compile(graph);
      for (let i = 0; i < count; i++) await executable.run(rowsOf(1 + (i % 7)));
      executable.dispose();
    };
    await runs(500);
    for (let i = 0; i < 5; i++) await runs(1);
    const before = process.memoryUsage.rss();
    await runs(2000);
    for (let i = 0; i < 40; i++) await runs(1);
    // 40 sessions that were never released take more than 100 MiB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
  });
});

describe('a program with lanes', () => {
  const [heads, headSize, capacity, lanes] = [2, 16, 64, 3];
  const compiled = () => {
    const rows = input('rows', [1, 'time', heads * headSize]);
    const [keys, values] = ['keys', 'values'].map((name) => state(name, [lanes, heads, capacity, headSize]));
    const y = ops.laneAttention(rows, rows, rows, keys!, values!, ops.laneSlots(), { heads });
    return ortBackend({ threads: 1 }).compile(trace({ y }), weightsInMemory({}));
  };
  const reads = (lane: number, pastLength: number, rowCount: number) => ({
    rows: normals([1, rowCount, heads * headSize], 10 * lane + pastLength),
    ...ops.slotInputs([{ lane, pastLength, rowCount }]),
  });

  it('has two runs in progress at once, which give what they give one after the other', async () => {
    const [alone, together] = await Promise.all([compiled(), compiled()]);
    const steps = [reads(0, 0, 5), reads(1, 0, 7), reads(0, 5, 2), reads(1, 7, 1)];
    const expected = [];
    for (const step of steps) expected.push(await alone.run(step));
    const given = [];
    for (const pair of [steps.slice(0, 2), steps.slice(2)])
      given.push(...(await Promise.all(pair.map((step) => together.run(step)))));
    // What the first two gave still holds.
    expect(given).toEqual(expected);
    for (const executable of [alone, together]) executable.dispose();
  });

  it('refuses a third, one of a lane that is being read, and a copy to such a lane', async () => {
    const executable = await compiled();
    await executable.run(reads(0, 0, 5));
    const first = executable.run(reads(0, 5, 2));
    await expect(executable.run(reads(0, 5, 2))).rejects.toThrow('a run in progress reads lane 0');
    await expect(executable.copyLane(1, 0, 0)).rejects.toThrow('a run in progress reads lane 0');
    const second = executable.run(reads(1, 0, 2));
    await expect(executable.run(reads(2, 0, 2))).rejects.toThrow(
      'a run of the same executable is in progress',
    );
    await Promise.all([first, second]);
    executable.dispose();
  });

  it('copies what a lane held before the run that reads on in it', async () => {
    const executable = await compiled();
    await executable.run(reads(0, 0, 5));
    const reading = executable.run(reads(0, 5, 9));
    await executable.copyLane(0, 1, 5);
    await reading;
    const { y } = await executable.run({
      ...reads(0, 5, 4),
      ...ops.slotInputs([{ lane: 1, pastLength: 5, rowCount: 4 }]),
    });
    const again = await executable.run(reads(0, 5, 4));
    expect(y!.data).toEqual(again.y!.data);
    executable.dispose();
  });

  it('stops all of its runs, and goes on', async () => {
    const executable = await compiled();
    const runs = [executable.run(reads(0, 0, 60)), executable.run(reads(1, 0, 60))];
    executable.interrupt();
    await Promise.all(runs.map((run) => expect(run).rejects.toThrow(InterruptedError)));
    await Promise.all([executable.run(reads(0, 0, 3)), executable.run(reads(1, 0, 3))]);
    executable.dispose();
  });
});

describe('releaseWhenForgotten', () => {
  it('releases what an owner left behind', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const release = vi.fn();
    (() => {
      const resources = new Resources('the test');
      resources.own('handle', release);
      releaseWhenForgotten({}, () => resources.dispose());
    })();
    await vi.waitFor(
      () => {
        collect();
        expect(release).toHaveBeenCalledWith('handle');
      },
      { timeout: 60_000 },
    );
  });
});
