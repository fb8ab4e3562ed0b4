// Variables on every backend: read and written in the caller's memory, in place where that is safe, shared by programs.
import {
  type Backend,
  float32,
  input,
  ops,
  randomKey,
  referenceBackend,
  type Tensor,
  trace,
  type Update,
  type VariableMemory,
  variable,
  weightsInMemory,
} from '@maria/core';
import { afterEach, describe, expect, it } from 'vitest';
import { openedBackends } from './opened-backends.test.support.js';
import { ortBackend } from './ort/ort-backend.js';

const { add, matmul, matmulAdd, multiply, subtract, sum, transpose } = ops;
const weights = weightsInMemory({});
const size = 70;
const shape = [size, size];
const w = variable('w', shape);
const m = variable('m', shape);
const x = input('x', ['n', size]);

const numbers = (seed: number, length = size * size) => {
  const key = randomKey(seed);
  return Float32Array.from({ length }, (_, i) => key.normal(0, i));
};

/** Programs whose updates can be in place, and some whose cannot. */
const programs: Record<string, { outputs?: Record<string, Tensor>; updates: readonly Update[] }> = {
  'sum of products': { updates: [[w, matmulAdd(x, x, w, { transposeA: true })]] },
  'a step with momentum': {
    outputs: { loss: sum(multiply(matmul(x, w), matmul(x, w))) },
    updates: (() => {
      const gradient = matmul(x, matmul(x, w), { transposeA: true });
      const moment = add(multiply(m, 0.9), gradient);
      return [
        [m, moment],
        [w, subtract(multiply(w, 0.5), multiply(moment, 0.001))],
      ];
    })(),
  },
  'a product with itself': { updates: [[w, matmul(w, transpose(w, [1, 0]))]] },
  'an exchange': {
    outputs: { before: w },
    updates: [
      [w, m],
      [m, w],
    ],
  },
  'a value for two': {
    updates: (() => {
      const value = matmul(x, x, { transposeA: true });
      return [
        [w, value],
        [m, value],
      ];
    })(),
  },
};

const tested = [
  ...openedBackends,
  ['ort without optimisation', ortBackend({ threads: 1, graphOptimization: 'none' })],
] as const;

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose();
});

async function runs(
  backend: Backend,
  { outputs = {}, updates }: (typeof programs)[string],
  memory: VariableMemory,
) {
  const executable = await backend.compile(trace({ ...outputs, rows: sum(x) }, updates), weights, memory);
  disposals.push(() => executable.dispose());
  const results: number[][] = [];
  for (const n of [3, 8]) {
    const given = await executable.run({ x: float32(numbers(n, n * size), [n, size]) });
    results.push(Object.values(given).flatMap(({ data }) => [...data]));
  }
  return results;
}

const memory = () => ({ w: numbers(1), m: numbers(2) });

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  expect(actual.length).toBe(expected.length);
  expect(Math.max(...Array.from(expected, (e, i) => Math.abs(actual[i]! - e)))).toBeLessThan(1e-5 * scale);
}

describe.each(tested)('%s', (_, backend) => {
  it.each(Object.entries(programs))('%s', async (_name, program) => {
    const [actual, expected] = [memory(), memory()];
    const results = await runs(backend, program, actual);
    const wanted = await runs(referenceBackend(), program, expected);
    results.forEach((result, i) => {
      expectClose(result, wanted[i]!);
    });
    expectClose(actual.w, expected.w);
    expectClose(actual.m, expected.m);
  });

  it('shares a part of a larger array between programs', async () => {
    const all = new Float32Array(10);
    const part = variable('part', [4]);
    const compile = async (update: Tensor) => {
      const executable = await backend.compile(trace({}, [[part, update]]), weights, {
        part: all.subarray(3, 7),
      });
      disposals.push(() => executable.dispose());
      return executable;
    };
    const increment = await compile(add(part, input('y', [4])));
    const double = await compile(multiply(part, 2));
    await increment.run({ y: float32([1, 2, 3, 4]) });
    await double.run({});
    await increment.run({ y: float32([1, 1, 1, 1]) });
    expect([...all]).toEqual([0, 0, 0, 3, 5, 7, 9, 0, 0, 0]);
  });

  it('goes over memory that a run is given, in place of what it was compiled with', async () => {
    const [v, u] = [variable('v', [2]), variable('u', [2])];
    const own = { v: Float32Array.of(1, 2), u: Float32Array.of(3, 4) };
    const all = Float32Array.of(5, 6, 7, 8);
    const others = [0, 2].map((start) => ({ v: all.subarray(start, start + 2), u: new Float32Array(2) }));
    // An exchange cannot be in place.
    const program = trace({ sum: sum(v) }, [
      [v, add(u, input('y', []))],
      [u, v],
    ]);
    const executable = await backend.compile(program, weights, own);
    disposals.push(() => executable.dispose());
    const y = float32([10], []);
    const sums: number[] = [];
    for (const memory of [others[0], others[1], undefined, others[0]])
      sums.push((await executable.run({ y }, memory)).sum!.data[0]!);
    expect(sums).toEqual([11, 15, 3, 20]);
    expect([...all]).toEqual([15, 16, 10, 10]);
    expect(own).toEqual({ v: Float32Array.of(13, 14), u: Float32Array.of(1, 2) });
    expect(others.map(({ u }) => [...u])).toEqual([
      [10, 10],
      [7, 8],
    ]);
    await expect(executable.run({ y }, { ...own, u: new Float32Array(3) })).rejects.toThrow(
      'has 3 elements, its shape [2] needs 2',
    );
  });

  it('has as many runs at once as it says, over memory of their own', async () => {
    const v = variable('v', [2]);
    const own = { v: Float32Array.of(1, 2) };
    const executable = await backend.compile(trace({ sum: sum(v) }, [[v, multiply(v, 2)]]), weights, own);
    disposals.push(() => executable.dispose());
    const memories = Array.from({ length: executable.runsAtOnce }, (_, i) => ({ v: Float32Array.of(i, 1) }));
    const results = await Promise.all(memories.map((memory) => executable.run({}, memory)));
    expect(results.map(({ sum }) => sum!.data[0])).toEqual(memories.map((_, i) => i + 1));
    expect(memories.map(({ v }) => [...v])).toEqual(memories.map((_, i) => [2 * i, 2]));
    const first = executable.run({});
    await expect(executable.run({})).rejects.toThrow('a run of the same executable is in progress');
    await first;
    expect([...own.v]).toEqual([2, 4]);
  });

  it('asks for memory of the right size', async () => {
    const compile = (given?: VariableMemory) => backend.compile(trace({ w }), weights, given);
    await expect(compile()).rejects.toThrow('the memory of the variable "w" is missing');
    await expect(compile({ w: new Float32Array(3) })).rejects.toThrow(
      'has 3 elements, its shape [70, 70] needs 4900',
    );
  });
});
