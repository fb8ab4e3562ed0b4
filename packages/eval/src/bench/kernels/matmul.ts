// The matrix product, x W with W stored [in, out], as GPT-2's checkpoints store it.
import { float32, input, ops, trace, type WeightSource, weight, weightsInMemory } from '@maria/core';
import { normals } from '../random-normals.js';
import { type KernelBenchmark, noData, rowsOfX, spread } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';
import { rowCounts } from './linear.js';

/** Columns of W that the reference multiplies. */
const referenceColumns = 32;

export function* matmulBenchmarks({ name, hiddenSize, innerSize }: KernelShape): Generator<KernelBenchmark> {
  const programOf = (columns: number) =>
    trace({ result: ops.matmul(input('x', ['rows', hiddenSize]), weight('w', [hiddenSize, columns])) });
  const columns = spread(innerSize, referenceColumns);
  yield {
    kernel: 'matmul',
    model: name,
    program: programOf(innerSize),
    data: async (scratch) => ({
      ...noData,
      weights: await scratch.weights(
        [{ name: 'w', shape: [hiddenSize, innerSize] }],
        1 / Math.sqrt(hiddenSize),
      ),
    }),
    reference: {
      program: programOf(columns.length),
      data: ({ weights }) => ({
        ...noData,
        weights: weightsInMemory({ w: columnsOf(weights, innerSize, columns) }),
      }),
      inputs: (all) => rowsOfX(all, columns.length),
      columns,
    },
    cases: rowCounts.map((rows) => ({
      label: `${rows} × ${hiddenSize} × ${innerSize}`,
      sizes: { rows, inner: hiddenSize, columns: innerSize },
      before: () => [],
      inputs: () => ({ x: float32(normals(rows * hiddenSize), [rows, hiddenSize]) }),
      flops: 2 * rows * hiddenSize * innerSize,
      bytes: 4 * (hiddenSize * innerSize + rows * (hiddenSize + innerSize)),
    })),
  };
}

/** Some columns of the matrix. */
function columnsOf(source: WeightSource, width: number, columns: readonly number[]) {
  const all = source.read('w');
  const rows = all.length / width;
  const data = Float32Array.from(
    { length: rows * columns.length },
    (_, i) => all[Math.floor(i / columns.length) * width + columns[i % columns.length]!]!,
  );
  return { shape: [rows, columns.length], data };
}
