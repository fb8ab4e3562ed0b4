// For tests: runs lowered programs in onnxruntime-node, and compares them with the reference evaluation.
import {
  type Backend,
  bool,
  compileReference,
  float32,
  type Inputs,
  int32,
  numberOfElements,
  type Outputs,
  type Program,
  randomKey,
  resolveShape,
  type Tensor,
  trace,
  type Value,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';
import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { lower } from './lower.js';

/** Runs a lowered program through the JavaScript binding; state is carried from present to past by copying. */
export const bindingBackend: Backend = {
  name: 'onnxruntime-node',
  async compile(program, weights) {
    const { model, externalDataFolder, states } = lower(program, weights);
    const session = await ort.InferenceSession.create(model, {
      logSeverityLevel: 4,
      ...(externalDataFolder && {
        extra: { session: { model_external_initializers_file_folder_path: externalDataFolder } },
      }),
    });
    const held = new Map<string, ort.Tensor>();
    for (const { past, shape } of states)
      held.set(past, new ort.Tensor('float32', new Float32Array(numberOfElements(shape)), shape));
    return {
      async run(inputs) {
        const given = Object.entries(inputs).map(([name, value]) => [name, toOrt(value)] as const);
        const results = await session.run(Object.fromEntries([...given, ...held]));
        for (const { past, present } of states) held.set(past, results[present]!);
        return Object.fromEntries([...program.outputs.keys()].map((name) => [name, fromOrt(results[name]!)]));
      },
      interrupt: () => {},
      stateBytes: states.reduce((bytes, { shape }) => bytes + 4 * numberOfElements(shape), 0),
      dispose: () => void session.release(),
    };
  },
};

function toOrt({ dtype, data, shape }: Value): ort.Tensor {
  if (dtype === 'int32') return new ort.Tensor('int32', Int32Array.from(data), shape);
  if (dtype === 'bool') return new ort.Tensor('bool', Uint8Array.from(data), shape);
  return new ort.Tensor('float32', Float32Array.from(data), shape);
}

function fromOrt({ type, data, dims }: ort.Tensor): Value {
  if (type !== 'float32' && type !== 'int32' && type !== 'bool') throw new Error(`unexpected type ${type}`);
  if (!(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array))
    throw new Error(`unexpected data of type ${type}`);
  return { dtype: type, shape: [...dims], data };
}

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
  backend?: Backend;
}

/** Compiles once, runs each set of inputs in turn, and expects what the reference gives, state carried along. */
export async function expectAsReference(
  outputs: Readonly<Record<string, Tensor>> | Tensor,
  runs: readonly Inputs[],
  { weights = weightsInMemory({}), tolerance = 2e-6, backend = bindingBackend }: Comparison = {},
): Promise<Outputs[]> {
  const program: Program = trace(
    'op' in outputs ? { result: outputs as Tensor } : (outputs as Record<string, Tensor>),
  );
  const reference = compileReference(program, weights);
  const executable = await backend.compile(program, weights);
  const results: Outputs[] = [];
  try {
    for (const inputs of runs) {
      const expected = reference.runSync(inputs);
      const actual = await executable.run(inputs);
      for (const name of program.outputs.keys()) expectClose(actual[name]!, expected[name]!, tolerance, name);
      results.push(actual);
    }
  } finally {
    executable.dispose();
  }
  return results;
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
