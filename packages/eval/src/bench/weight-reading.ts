// How fast weights can be read: what a decode step could not beat if computing took no time.
import {
  type Architecture,
  type Backend,
  float32,
  input,
  isOp,
  ops,
  trace,
  tracePart,
  type WeightSource,
  weight,
  weightOp,
  weightsInMemory,
} from '@maria/core';
import { tensorsOf } from './architecture-tensors.js';
import { type TimingOptions, timeRuns } from './timing.js';

export interface WeightReader {
  /** Bytes a millisecond, in the fastest run. */
  measure(options: TimingOptions): Promise<number>;
  dispose(): void;
}

const width = 2048;

/**
 * The product of a float32 matrix of about so many bytes with one row: two operations for each four bytes, in the kernel
 * that reads fastest of those that there are. A matrix that fits a cache is read from there.
 */
export async function createWeightReader(backend: Backend, bytes: number): Promise<WeightReader> {
  const rows = Math.ceil(bytes / 4 / width);
  const matrix = { shape: [rows, width], data: new Float32Array(rows * width).fill(0.5) };
  const program = trace({ result: ops.linear(input('x', [1, width]), weight('w', [rows, width])) });
  const executable = await backend.compile(program, weightsInMemory({ w: matrix }));
  const x = float32(new Float32Array(width).fill(1), [1, width]);
  return {
    measure: async (options) =>
      (4 * rows * width) / Math.min(...(await timeRuns(() => executable.run({ x }), options))),
    dispose: () => executable.dispose(),
  };
}

/** Elements of the matrices that a pass of the model multiplies, embeddings left out: one row of them is read. */
export function multipliedElements(architecture: Architecture): number {
  const shapes = new Map(tensorsOf(architecture).map(({ name, shape }) => [name, shape]));
  const source: WeightSource = {
    names: () => shapes.keys(),
    get: (name) => {
      const shape = shapes.get(name);
      return (
        shape && { name, shape, dtype: 'float32', location: { kind: 'memory', bytes: new Uint8Array() } }
      );
    },
    read: () => new Float32Array(),
  };
  const matrices = new Set(
    tracePart(architecture, source).program.nodes.flatMap((node) =>
      isOp(node, ops.linearOp) || isOp(node, ops.matmulOp)
        ? node.inputs.filter((tensor) => isOp(tensor, weightOp) && tensor.shape.length === 2)
        : [],
    ),
  );
  return [...matrices].reduce(
    (total, { shape: [rows, columns] }) => total + Number(rows) * Number(columns),
    0,
  );
}
