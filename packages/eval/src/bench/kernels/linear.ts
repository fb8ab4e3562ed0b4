// The linear layer, x W^T with W stored [out, in]: most of a model's time.
import { float32, input, ops, trace, type WeightSource, weight, weightsInMemory } from '@maria/core';
import { normals } from '../random-normals.js';
import { type KernelBenchmark, spread } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';

/** Tokens of one pass: a decode step, a run of observed tokens, a block of gaps, a chunk. */
export const rowCounts = [1, 16, 64, 256];
/** Rows of W that the reference multiplies. */
const referenceRows = 32;

export function* linearBenchmarks(model: KernelShape): Generator<KernelBenchmark> {
  const { hiddenSize, innerSize, vocabularySize } = model;
  const matrices: readonly (readonly [inSize: number, outSize: number])[] = [
    [hiddenSize, hiddenSize],
    [hiddenSize, innerSize],
    [innerSize, hiddenSize],
    [hiddenSize, vocabularySize],
  ];
  for (const [inSize, outSize] of matrices) yield linearBenchmark(model.name, inSize, outSize);
}

function linearBenchmark(model: string, inSize: number, outSize: number): KernelBenchmark {
  const programOf = (rows: number) =>
    trace({ result: ops.linear(input('x', ['rows', inSize]), weight('w', [rows, inSize])) });
  const columns = spread(outSize, referenceRows);
  return {
    kernel: 'linear',
    model,
    program: programOf(outSize),
    tensors: [{ name: 'w', shape: [outSize, inSize] }],
    reference: {
      program: programOf(columns.length),
      weights: (all) => weightsInMemory({ w: rowsOf(all, inSize, columns) }),
      inputs: (all) => all,
      columns,
    },
    cases: rowCounts.map((rows) => ({
      label: `${rows} × ${inSize} → ${outSize}`,
      sizes: { rows, in: inSize, out: outSize },
      before: () => [],
      inputs: () => ({ x: float32(normals(rows * inSize), [rows, inSize]) }),
      flops: 2 * rows * inSize * outSize,
      bytes: 4 * (inSize * outSize + rows * (inSize + outSize)),
    })),
  };
}

/** Some rows of the matrix. */
function rowsOf(source: WeightSource, width: number, rows: readonly number[]) {
  const all = source.read('w');
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    data.set(all.subarray(row * width, (row + 1) * width), i * width);
  });
  return { shape: [rows.length, width], data };
}
