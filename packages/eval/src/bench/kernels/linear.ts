// The linear layer, x W^T with W stored [out, in]: most of a model's time.
import { float32, input, ops, trace, weight, weightsInMemory } from '@maria/core';
import { normals } from '../random-normals.js';
import { type KernelBenchmark, type KernelCase, noData, rowsOfX, spread } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';

/** Tokens of one pass: a decode step, a run of observed tokens, a block of gaps, a chunk. */
export const rowCounts = [1, 16, 64, 256];
/** Rows of W that the reference multiplies. */
const referenceRows = 32;

export interface MatrixSize {
  readonly inSize: number;
  readonly outSize: number;
}

/** The matrices of a layer, and the output embedding. */
export function matricesOf({ hiddenSize, innerSize, vocabularySize }: KernelShape): MatrixSize[] {
  return [
    { inSize: hiddenSize, outSize: hiddenSize },
    { inSize: hiddenSize, outSize: innerSize },
    { inSize: innerSize, outSize: hiddenSize },
    { inSize: hiddenSize, outSize: vocabularySize },
  ];
}

/** x [rows, in] times a weight named `w`, of which the reference takes some rows. */
export function linearPrograms({ inSize, outSize }: MatrixSize) {
  const programOf = (rows: number) =>
    trace({ result: ops.linear(input('x', ['rows', inSize]), weight('w', [rows, inSize])) });
  const columns = spread(outSize, referenceRows);
  return { program: programOf(outSize), reference: programOf(columns.length), columns };
}

/** Where x begins in the stream of random numbers, so that its rows are not those of W. */
const apart = 1009;

/** @param weightBytes of the whole matrix */
export function linearCase(rows: number, { inSize, outSize }: MatrixSize, weightBytes: number): KernelCase {
  return {
    label: `${rows} × ${inSize} → ${outSize}`,
    sizes: { rows, in: inSize, out: outSize },
    before: () => [],
    inputs: () => ({ x: float32(normals(rows * inSize, apart), [rows, inSize]) }),
    flops: 2 * rows * inSize * outSize,
    bytes: weightBytes + 4 * rows * (inSize + outSize),
  };
}

export function* linearBenchmarks(model: KernelShape): Generator<KernelBenchmark> {
  for (const size of matricesOf(model)) {
    const { inSize, outSize } = size;
    const { program, reference, columns } = linearPrograms(size);
    const deviation = 1 / Math.sqrt(inSize);
    yield {
      kernel: 'linear',
      model: model.name,
      program,
      data: async (scratch) => ({
        ...noData,
        weights: await scratch.weights([{ name: 'w', shape: [outSize, inSize] }], deviation),
      }),
      reference: {
        program: reference,
        // The numbers of the file, which is too large to be read for a few of its rows.
        data: () => {
          const data = new Float32Array(columns.length * inSize);
          columns.forEach((row, i) => {
            data.set(
              normals(inSize, row * inSize).map((value) => deviation * value),
              i * inSize,
            );
          });
          return { ...noData, weights: weightsInMemory({ w: { shape: [columns.length, inSize], data } }) };
        },
        inputs: (all) => rowsOfX(all, columns.length),
        columns,
      },
      cases: rowCounts.map((rows) => linearCase(rows, size, 4 * inSize * outSize)),
    };
  }
}
