// Every backend of the table against the reference: lengths that change, the KV cache, weights in files, and what they refuse.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Backend,
  bool,
  compileReference,
  float32,
  type Inputs,
  input,
  int32,
  ops,
  referenceBackend,
  type StateStorage,
  state,
  type Tensor,
  trace,
  type WeightLocation,
  type WeightSource,
  weight,
  weightsInMemory,
} from '@maria/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendNames, backends } from './backends.js';
import { expectClose, normals } from './onnx/lowered.test.support.js';
import { openedBackends } from './opened-backends.test.support.js';

const size = { heads: 4, kvHeads: 2, headSize: 12 };
const capacity = 16;

/** Two layers of attention over a KV cache, and where each token is. */
function decoder(storage: StateStorage = 'float32'): Record<string, Tensor> {
  const { heads, kvHeads, headSize } = size;
  const q = input('q', [1, 'time', heads * headSize]);
  const kv = input('kv', [1, 'time', kvHeads * headSize]);
  const slots = ops.laneSlots();
  const cache = (name: string) => state(name, [1, kvHeads, capacity, headSize], storage);
  const layer = (x: Tensor, i: number) =>
    ops.laneAttention(x, kv, kv, cache(`keys.${i}`), cache(`values.${i}`), slots, { heads, kvHeads });
  return {
    hidden: layer(layer(q, 0), 1),
  };
}

/** What tells a program where new tokens are. */
const placeOf = (lane: number, pastLength: number, rowCount: number): Inputs =>
  ops.slotInputs([{ lane, pastLength, rowCount }]);

/** Tokens start .. end - 1 of one random sequence. */
function tokens(start: number, end: number): Inputs {
  const slice = (name: string, width: number, seed: number) => ({
    [name]: float32(
      Float32Array.from(normals([1, capacity, width], seed).data.subarray(start * width, end * width)),
      [1, end - start, width],
    ),
  });
  return {
    ...slice('q', size.heads * size.headSize, 1),
    ...slice('kv', size.kvHeads * size.headSize, 2),
    ...placeOf(0, start, end - start),
  };
}

const weights = weightsInMemory({
  w: { shape: [5, 3], data: normals([5, 3], 7).data as Float32Array },
  b: { shape: [5], data: normals([5], 8).data as Float32Array },
});
const probabilities = () =>
  ops.softmax(ops.linear(input('x', ['batch', 'time', 3]), weight('w', [5, 3]), weight('b', [5])));

/** Compiles once, runs each set of inputs in turn, and expects what the reference gives. */
async function expectAsReference(
  outputs: Readonly<Record<string, Tensor>>,
  runs: readonly Inputs[],
  backend: Backend,
  source: WeightSource = weights,
): Promise<void> {
  const program = trace(outputs);
  const reference = compileReference(program, source);
  const executable = await backend.compile(program, source);
  for (const inputs of runs) {
    const expected = reference.runSync(inputs);
    const actual = await executable.run(inputs);
    for (const [name, value] of Object.entries(expected)) expectClose(actual[name]!, value, 2e-6, name);
  }
  executable.dispose();
}

it('is a table that loads no other file: help of the command line reads it', () => {
  const source = readFileSync(new URL('./backends.ts', import.meta.url), 'utf8');
  expect(source).not.toMatch(/^(?:import (?!type )|export .* from )/m);
});

it.each(backendNames)('%s opens under its name', async (name) => {
  await expect(backends[name].open({})).resolves.toHaveProperty('name', name);
});

describe.each(openedBackends)('the backend %s', (name, backend) => {
  it('follows lengths that change from run to run, down to none', async () => {
    const shapes = [
      [1, 4, 3],
      [2, 7, 3],
      [1, 4, 3],
      [1, 1, 3],
      [3, 0, 3],
      [2, 7, 3],
    ];
    const runs = shapes.map((shape, i) => ({ x: normals(shape, i) }));
    await expectAsReference({ p: probabilities() }, runs, backend);
  });

  it('takes and gives every dtype, scalars, and float64 as float32', async () => {
    const x = input('x', ['n']);
    const keep = input('keep', ['n'], 'bool');
    const shift = input('shift', [], 'int32');
    const outputs = {
      sum: ops.sum(ops.where(keep, x, 0)),
      kept: ops.equal(ops.cast(keep, 'int32'), ops.cast(keep, 'int32')),
      whole: ops.cast(x, 'int32'),
      shifted: ops.add(x, ops.cast(shift, 'float32')),
    };
    const data = { keep: bool([true, false, true]), shift: int32([7], []) };
    const runs = [Float32Array, Float64Array].map((Floats) => ({
      ...data,
      x: float32(Floats.of(1.5, 2, 3)),
    }));
    await expectAsReference(outputs, runs, backend);
  });

  it('extends the KV cache chunk by chunk, after cuts too', async () => {
    const runs = [tokens(0, 5), tokens(5, 6), tokens(6, 10), tokens(4, 7), tokens(0, 9), tokens(9, 16)];
    await expectAsReference(decoder(), runs, backend);
  });

  if (backends[name].stateStorages.includes('float16'))
    it('holds the KV cache as float16 in half the memory', async () => {
      const [full, half] = await Promise.all(
        (['float32', 'float16'] as const).map((storage) => backend.compile(trace(decoder(storage)), weights)),
      );
      expect(half!.stateBytes).toBe(full!.stateBytes / 2);
      for (const executable of [full, half]) executable!.dispose();
    });
  else
    it('refuses a KV cache in float16', async () => {
      await expect(backend.compile(trace(decoder('float16')), weights)).rejects.toMatchObject({
        code: 'kv-cache-unsupported',
        exitStatus: 5,
      });
    });

  it('gives each executable a KV cache of its own', async () => {
    const program = trace(decoder());
    const [reference, first, second] = await Promise.all(
      [referenceBackend(), backend, backend].map((each) => each.compile(program, weights)),
    );
    await first!.run(tokens(4, 8)).catch(() => {});
    await first!.run({ ...tokens(8, 12), ...placeOf(0, 0, 4) });
    const actual = await second!.run(tokens(0, 6));
    expectClose(actual.hidden!, (await reference!.run(tokens(0, 6))).hidden!, 2e-6);
    // Two caches of two layers. The kernels of ONNX Runtime want heads of a multiple of 8, and room for a token that is dropped.
    const held = name.startsWith('ort') ? (capacity + 1) * 16 : capacity * size.headSize;
    expect(first!.stateBytes).toBe(2 * 2 * size.kvHeads * held * 4);
    for (const executable of [first, second]) executable!.dispose();
  });

  it('refuses lengths that the KV cache does not have, and goes on', async () => {
    const executable = await backend.compile(trace(decoder()), weights);
    const refused = async (start: number, end: number, pastLength: number) =>
      executable.run({ ...tokens(start, end), ...placeOf(0, pastLength, end - start) });
    await executable.run(tokens(0, 10));
    await expect(refused(0, 7, 10)).rejects.toThrow('a KV cache of 16 tokens cannot hold 7 more after 10');
    await expect(refused(0, 1, 11)).rejects.toThrow('"pastLengths" is 11, and the KV cache holds 10 tokens');
    await expect(refused(0, 1, -1)).rejects.toThrow('"pastLengths" is -1');
    await executable.run(tokens(10, 16));
    await expect(refused(0, 1, 16)).rejects.toThrow('cannot hold 1 more after 16');
    executable.dispose();
  });

  it('refuses inputs that are missing or of another shape or dtype, and goes on', async () => {
    const executable = await backend.compile(trace({ p: probabilities() }), weights);
    const refused: [Inputs, string][] = [
      [{}, 'input "x" is missing'],
      [{ y: normals([1, 2, 3], 1) }, 'input "x" is missing'],
      [{ x: int32(new Int32Array(6), [1, 2, 3]) }, 'input "x" is int32, expected float32'],
      [{ x: normals([1, 2, 4], 1) }, 'input "x" has shape [1, 2, 4], expected [batch, time, 3]'],
      [{ x: normals([2, 3], 1) }, 'input "x" has shape [2, 3], expected [batch, time, 3]'],
      [{ x: { dtype: 'float32', shape: [1, 2, 3], data: new Float32Array(5) } }, 'has 5 elements'],
    ];
    for (const [inputs, message] of refused) await expect(executable.run(inputs)).rejects.toThrow(message);
    await expect(executable.run({ x: normals([1, 2, 3], 1) })).resolves.toHaveProperty('p');
    executable.dispose();
  });

  it('refuses two lengths for one name, and products that do not fit', async () => {
    const x = input('x', ['a', 'b']);
    const flat = input('flat', ['a*b']);
    const program = trace({
      y: ops.add(ops.reshape(x, ['a*b']), flat),
      x2: ops.add(x, input('z', ['a', 'b'])),
    });
    const executable = await backend.compile(program, weights);
    const inputs = { x: normals([2, 3], 1), flat: normals([6], 2), z: normals([2, 3], 3) };
    await executable.run(inputs);
    await expect(executable.run({ ...inputs, z: normals([2, 4], 3) })).rejects.toThrow('b = 4, but b is 3');
    await expect(executable.run({ ...inputs, flat: normals([5], 2) })).rejects.toThrow(
      '"flat" has shape [5]',
    );
    executable.dispose();
  });

  it('refuses a second run at a time, and runs after dispose', async () => {
    const executable = await backend.compile(trace({ p: probabilities() }), weights);
    const x = normals([1, 2, 3], 1);
    const first = executable.run({ x });
    await expect(executable.run({ x })).rejects.toThrow('a run of the same executable is in progress');
    await first;
    await executable.run({ x });
    executable.dispose();
    executable.dispose();
    await expect(executable.run({ x })).rejects.toThrow('has been disposed of');
  });

  it('rejects an interrupted run and is usable afterwards, its KV cache as before', async () => {
    const executable = await backend.compile(trace(decoder()), weights);
    executable.interrupt();
    await executable.run(tokens(0, 6));
    const run = executable.run(tokens(6, 9));
    executable.interrupt();
    await expect(run).rejects.toMatchObject({ code: 'interrupted', exitStatus: 130 });
    const reference = await referenceBackend().compile(trace(decoder()), weights);
    const expected = [await reference.run(tokens(0, 6)), await reference.run(tokens(6, 10))];
    expectClose((await executable.run(tokens(6, 10))).hidden!, expected[1]!.hidden!, 2e-6);
    executable.dispose();
  });

  it('stops a run when it is disposed of', async () => {
    const executable = await backend.compile(trace({ p: probabilities() }), weights);
    const run = executable.run({ x: normals([1, 2, 3], 1) });
    executable.dispose();
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
  });

  describe('with weights in a file', () => {
    let folder: string;
    beforeAll(() => {
      folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'maria-ort-')));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    const inFile = (location: WeightLocation): WeightSource => ({
      get: (tensor) =>
        tensor === 'w' ? { name: 'w', dtype: 'float32', shape: [5, 3], location } : weights.get(tensor),
      names: () => weights.names(),
      read: (tensor, length) => weights.read(tensor, length),
    });
    const compile = (location: WeightLocation) =>
      backend.compile(trace({ p: probabilities() }), inFile(location));

    it('reads them where they are', async () => {
      const file = path.join(folder, 'weights.bin');
      writeFileSync(
        file,
        Buffer.concat([Buffer.alloc(64), new Uint8Array(weights.read('w').slice().buffer)]),
      );
      const source = inFile({ kind: 'file', file, offset: 64, length: 60 });
      await expectAsReference({ p: probabilities() }, [{ x: normals([2, 2, 3], 1) }], backend, source);
    });

    // The others read weights through the source, which says so itself.
    if (name.startsWith('ort')) {
      it('says which file is missing or too short', async () => {
        const missing = path.join(folder, 'missing.bin');
        await expect(compile({ kind: 'file', file: missing, offset: 0, length: 60 })).rejects.toMatchObject({
          exitStatus: 3,
          message: expect.stringContaining(missing),
        });
        const short = path.join(folder, 'short.bin');
        writeFileSync(short, Buffer.alloc(40));
        await expect(compile({ kind: 'file', file: short, offset: 0, length: 60 })).rejects.toMatchObject({
          code: 'weights-unreadable',
          exitStatus: 3,
          message: expect.stringContaining(folder),
        });
      });
    }
  });
});
