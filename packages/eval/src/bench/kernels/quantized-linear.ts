// The linear layer over a quantised matrix: integers of 4 or 8 bits in blocks, each with a scale.
import {
  blockSize,
  type QuantizedDType,
  quantizedBits,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';
import { normals, normalsPeriod } from '../random-normals.js';
import { type KernelBenchmark, noData, spread } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';
import { linearCase, linearPrograms, type MatrixSize, matricesOf } from './linear.js';

/** As for `linear`, and some tokens at once, which cost little more than one. */
const rowCounts = [1, 2, 4, 16, 64, 256];
/** The kernel rounds its input to 8 bits too, where the reference does not. */
const tolerance = 0.02;

export function quantizedLinearBenchmarks(dtype: QuantizedDType) {
  return function* (model: KernelShape): Generator<KernelBenchmark> {
    for (const size of matricesOf(model)) {
      const { program, reference, columns } = linearPrograms(size);
      const matrix = randomQuantized(size, dtype);
      yield {
        kernel: `linear-${dtype}`,
        model: model.name,
        program,
        data: async () => ({ ...noData, weights: matrix.source }),
        reference: {
          program: reference,
          data: () => ({ ...noData, weights: matrix.rows(columns) }),
          inputs: (all) => all,
          columns,
        },
        tolerance,
        cases: rowCounts.map((rows) => linearCase(rows, size, matrix.bytes)),
      };
    }
  };
}

/** A random matrix `w` in the layout of core's QuantizedTensor, in memory. */
function randomQuantized({ inSize, outSize }: MatrixSize, dtype: QuantizedDType) {
  const bits = quantizedBits[dtype];
  const zero = 2 ** (bits - 1);
  const data = randomBytes((outSize * inSize * bits) / 8);
  const scales = new Float32Array((outSize * inSize) / blockSize);
  // Integers up to `zero` are spread evenly: products of a row with normals then have about the size of one.
  const scale = Math.sqrt(3 / inSize) / zero;
  scales.set(normals(scales.length).map((value) => scale * (1 + 0.1 * Math.tanh(value))));

  const integerAt = (index: number) =>
    bits === 8 ? data[index]! : (data[index >> 1]! >> (4 * (index & 1))) & 15;
  const rows = (picked: readonly number[]): WeightSource => {
    const values = Float32Array.from({ length: picked.length * inSize }, (_, i) => {
      const index = picked[Math.floor(i / inSize)]! * inSize + (i % inSize);
      return (integerAt(index) - zero) * scales[Math.floor(index / blockSize)]!;
    });
    return weightsInMemory({ w: { shape: [picked.length, inSize], data: values } });
  };
  const source: WeightSource = {
    names: () => ['w'],
    get: (name) =>
      name === 'w'
        ? {
            name,
            dtype,
            shape: [outSize, inSize],
            axis: 1,
            blockSize,
            data: { kind: 'memory', bytes: data },
            scales: { kind: 'memory', bytes: new Uint8Array(scales.buffer) },
          }
        : undefined,
    read: (_name, length = outSize * inSize) => rows(spread(outSize, outSize)).read('w', length),
  };
  return { source, rows, bytes: data.length + scales.byteLength };
}

/** The low bytes of random floats, which are spread evenly; repeated after a block of them. */
function randomBytes(length: number): Uint8Array {
  const words = new Uint32Array(normals(normalsPeriod).buffer);
  const block = Uint8Array.from(words, (word) => word & 0xff);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += block.length) bytes.set(block.subarray(0, length - at), at);
  return bytes;
}
