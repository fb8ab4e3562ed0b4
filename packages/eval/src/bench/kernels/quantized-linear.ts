// The linear layer over a quantised matrix: int4 in blocks, int8 with a scale for each output.
import {
  blockSize,
  blocksInMemory,
  channelsInMemory,
  dequantizeChannels,
  type QuantizedDType,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';
import { fillWith, normals, normalsPeriod } from '../random-normals.js';
import { type KernelBenchmark, noData, rowsOfX, spread } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';
import { linearCase, linearPrograms, type MatrixSize, matricesOf } from './linear.js';

/** As for `linear`, and some tokens at once, which cost little more than one. */
const rowCounts = [1, 2, 4, 16, 64, 256];

interface RandomMatrix {
  readonly source: WeightSource;
  /** Some outputs of it. */
  outputs(picked: readonly number[]): WeightSource;
}

interface Form {
  random(size: MatrixSize): Promise<RandomMatrix>;
  bytes(size: MatrixSize): number;
}

const forms: Readonly<Record<QuantizedDType, Form>> = {
  int4: {
    random: randomBlocks,
    bytes: ({ inSize, outSize }) => inSize * outSize * (1 / 2 + 4 / blockSize),
  },
  int8: { random: randomChannels, bytes: ({ inSize, outSize }) => inSize * outSize + 4 * outSize },
};
/** The kernel of int4 rounds its input to 8 bits, where the reference does not. That of int8 gives the same bits. */
const tolerances: Readonly<Record<QuantizedDType, number>> = { int4: 0.02, int8: 2e-5 };

export function quantizedLinearBenchmarks(dtype: QuantizedDType) {
  return function* (model: KernelShape): Generator<KernelBenchmark> {
    for (const size of matricesOf(model)) {
      const { program, reference, columns } = linearPrograms(size);
      let outputs = (_picked: readonly number[]) => noData.weights;
      yield {
        kernel: `linear-${dtype}`,
        model: model.name,
        program,
        data: async () => {
          const matrix = await forms[dtype].random(size);
          outputs = matrix.outputs;
          return { ...noData, weights: matrix.source };
        },
        reference: {
          program: reference,
          data: () => ({ ...noData, weights: outputs(columns) }),
          inputs: (all) => rowsOfX(all, columns.length),
          columns,
        },
        tolerance: tolerances[dtype],
        cases: rowCounts.map((rows) => linearCase(rows, size, forms[dtype].bytes(size))),
      };
    }
  };
}

/** A random matrix `w` in the layout of core's BlockQuantizedTensor. */
async function randomBlocks({ inSize, outSize }: MatrixSize): Promise<RandomMatrix> {
  const data = await fillWith(new Uint8Array((outSize * inSize) / 2), randomBytes());
  const scales = await randomScales((outSize * inSize) / blockSize, inSize, 8);
  const outputs = (picked: readonly number[]) => {
    const values = Float32Array.from({ length: picked.length * inSize }, (_, i) => {
      const index = picked[Math.floor(i / inSize)]! * inSize + (i % inSize);
      const integer = (data[index >> 1]! >> (4 * (index & 1))) & 15;
      return (integer - 8) * scales[Math.floor(index / blockSize)]!;
    });
    return weightsInMemory({ w: { shape: [picked.length, inSize], data: values } });
  };
  const tensor = blocksInMemory({ name: 'w', shape: [outSize, inSize], axis: 1 }, data, scales);
  const source: WeightSource = {
    names: () => ['w'],
    get: (name) => (name === 'w' ? tensor : undefined),
    read: (_name, length = outSize * inSize) => outputs(spread(outSize, outSize)).read('w', length),
  };
  return { source, outputs };
}

/** A random matrix `w` in the layout of core's ChannelQuantizedTensor; its integers are exact on every machine. */
async function randomChannels({ inSize, outSize }: MatrixSize): Promise<RandomMatrix> {
  const block = new Int8Array(randomBytes().buffer).map((integer) => integer >> 1);
  const integers = await fillWith(new Int8Array(outSize * inSize), block);
  const scales = await randomScales(outSize, inSize, 64);
  const outputs = (picked: readonly number[]) =>
    channels(
      Int8Array.from(
        { length: inSize * picked.length },
        (_, i) => integers[Math.floor(i / picked.length) * outSize + picked[i % picked.length]!]!,
      ),
      Float32Array.from(picked, (output) => scales[output]!),
    );
  return { source: channels(integers, scales), outputs };
}

function channels(integers: Int8Array<ArrayBuffer>, scales: Float32Array<ArrayBuffer>): WeightSource {
  const shape = [scales.length, integers.length / scales.length] as const;
  const tensor = channelsInMemory({ name: 'w', shape, axis: 1 }, integers, scales);
  return {
    names: () => ['w'],
    get: (name) => (name === 'w' ? tensor : undefined),
    read: (_name, length) => dequantizeChannels({ integers, scales }, 1).subarray(0, length),
  };
}

/** Integers up to `largest` are spread evenly: products of a row with normals then have about the size of one. */
function randomScales(count: number, inSize: number, largest: number): Promise<Float32Array<ArrayBuffer>> {
  const scale = Math.sqrt(3 / inSize) / largest;
  const block = Float32Array.from(normals(normalsPeriod), (value) => scale * (1 + 0.1 * Math.tanh(value)));
  return fillWith(new Float32Array(count), block);
}

/** The low bytes of random floats, which are spread evenly: a block that is repeated. */
function randomBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new Uint32Array(normals(normalsPeriod).buffer), (word) => word & 0xff);
}
