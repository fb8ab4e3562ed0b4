// For tests: runs programs on every backend, and compares them with the reference evaluation.
import {
  type Backend,
  bool,
  compileReference,
  float32,
  type Inputs,
  int32,
  numberOfElements,
  type Outputs,
  randomKey,
  resolveShape,
  type Tensor,
  trace,
  type Value,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';
import { expect } from 'vitest';
import { openedBackends } from '../opened-backends.test.support.js';

const allBackends = openedBackends.map(([, backend]) => backend);
/** The C API, where state is one buffer that is read and written in place, and the binding, where it is copied. */
export const ortBackends = allBackends.filter(({ name }) => name.startsWith('ort'));

/** Standard normal numbers that depend on the seed only. */
export function normals(shape: readonly number[], seed: number): Value {
  const random = randomKey(seed);
  return float32(
    Float32Array.from({ length: numberOfElements(shape) }, (_, i) => random.normal(i, 0)),
    shape,
  );
}

/** Integers in [0, count). */
export function integers(shape: readonly number[], count: number, seed: number): Value {
  const random = randomKey(seed);
  const data = Int32Array.from({ length: numberOfElements(shape) }, (_, i) =>
    Math.floor(count * random.uniform(i, 0)),
  );
  return int32(data, shape);
}

export interface Comparison {
  weights?: WeightSource;
  /** Largest difference to the reference, relative to values above 1. @default 2e-6 */
  tolerance?: number;
  /** @default all */
  backends?: readonly Backend[];
}

/**
 * Compiles once a backend, runs each set of inputs in turn, and expects what the reference gives, state carried along.
 * @returns the outputs of each run
 */
export async function expectAsReference(
  outputs: Readonly<Record<string, Tensor>> | Tensor,
  runs: readonly Inputs[],
  { weights = weightsInMemory({}), tolerance = 2e-6, backends = allBackends }: Comparison = {},
): Promise<Outputs[]> {
  const program = trace(isTensor(outputs) ? { result: outputs } : outputs);
  const reference = compileReference(program, weights);
  const expected = runs.map((inputs) => reference.runSync(inputs));
  let results: Outputs[] = [];
  for (const backend of backends) {
    const executable = await backend.compile(program, weights);
    results = [];
    for (const [i, inputs] of runs.entries()) {
      // Arrays of a result hold until the next run.
      const actual = structuredClone(await executable.run(inputs));
      for (const [name, value] of Object.entries(expected[i]!))
        expectClose(actual[name]!, value, tolerance, `${name} on ${backend.name}`);
      results.push(actual);
    }
    executable.dispose();
  }
  return results;
}

function isTensor(outputs: Readonly<Record<string, Tensor>> | Tensor): outputs is Tensor {
  return 'op' in outputs && 'inputs' in outputs;
}

/** A random value for every input of `outputs`: normal floats, and integers and booleans of 0 and 1. */
export function randomInputs(
  outputs: Tensor,
  bindings: Readonly<Record<string, number>> = {},
  seed = 1,
): Inputs {
  const { inputs } = trace({ outputs });
  return Object.fromEntries(
    [...inputs].map(([name, tensor], i) => {
      const shape = resolveShape(tensor.shape, bindings);
      if (tensor.dtype === 'float32') return [name, normals(shape, seed + i)];
      const { data } = integers(shape, 2, seed + i);
      return [
        name,
        tensor.dtype === 'bool' ? bool(Uint8Array.from(data), shape) : int32(Int32Array.from(data), shape),
      ];
    }),
  );
}

export function expectClose(actual: Value, expected: Value, tolerance: number, what = 'result'): void {
  expect(actual.shape, `shape of ${what}`).toEqual(expected.shape);
  expect(actual.dtype, `dtype of ${what}`).toBe(expected.dtype);
  let worst = 0;
  let at = 0;
  expected.data.forEach((value, i) => {
    const other = actual.data[i]!;
    if (Object.is(value, other) || value === other) return;
    const difference = Math.abs(value - other) / Math.max(1, Math.abs(value));
    if (!(difference <= worst)) [worst, at] = [difference, i];
  });
  expect(worst, `${what}[${at}]: ${actual.data[at]} for ${expected.data[at]}`).toBeLessThanOrEqual(tolerance);
}
