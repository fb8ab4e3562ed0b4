// Whether the CPU's kernel of int4 gives a row the same bits by itself as beside others, found out by computing some.
import {
  blockSize,
  blocksInMemory,
  type Executable,
  float32,
  input,
  isQuantized,
  ops,
  type Program,
  type Tensor,
  trace,
  type WeightSource,
  weight,
  weightsInMemory,
} from '@maria/core';
import type { CpuKernels } from '../onnx/device-kernels.js';
import { sameBits, scattered } from '../run/scattered.js';
import { type LoweredProgram, loweredProgram } from './lowered-program.js';

/** Makes a lowered program ready to run on the CPU. */
export type OpenProgram = (program: LoweredProgram) => Promise<Pick<Executable, 'run' | 'dispose'>>;

const known = new Map<string, Promise<boolean>>();

/**
 * For a program with matrices of int4; undefined for any other, which does not ask.
 * @param where what the answer hangs on beside the processor: the library and the number of threads
 */
export function int4Kernels(
  program: Program,
  weights: WeightSource,
  where: string,
  open: OpenProgram,
): Promise<CpuKernels> | undefined {
  if (!program.weights.some(({ attributes: { name } }) => isInt4(weights, name))) return undefined;
  let exact = known.get(where);
  if (!exact) {
    exact = int4IsExact(open);
    known.set(where, exact);
    exact.catch(() => known.delete(where));
  }
  return exact.then((int4IsExact) => ({ kind: 'cpu', int4IsExact }));
}

function isInt4(weights: WeightSource, name: string): boolean {
  const stored = weights.get(name);
  return stored !== undefined && isQuantized(stored) && stored.dtype === 'int4';
}

/**
 * Inputs and outputs of the matrices: one block, a block or some columns beyond those that kernels take at once, and a product that is
 * shared among threads. Each with and without a bias.
 */
const sizes = [
  [32, 4],
  [96, 83],
  [320, 192],
] as const;

/** Kernels take up to 16 rows at a time, and share 128 at a time among threads: of 129, one is left. */
const rowCounts = [1, 2, 3, 4, 8, 16, 17, 33, 129];
const mostRows = 130;

/** The last rows of many, with as few beside them, to the bit. Takes some milliseconds. */
export async function int4IsExact(open: OpenProgram): Promise<boolean> {
  const outputs: Record<string, Tensor> = {};
  sizes.forEach(([columns, rows], i) => {
    const product = [input(`x.${i}`, ['rows', columns]), weight(`w.${i}`, [rows, columns])] as const;
    outputs[`y.${i}`] = ops.linear(...product);
    outputs[`z.${i}`] = ops.linear(...product, weight(`b.${i}`, [rows]));
  });
  const executable = await open(
    loweredProgram(trace(outputs), someWeights(), { kind: 'cpu', int4IsExact: true }),
  );
  try {
    const inputs = sizes.map(([columns], i) => scattered(mostRows * columns, i));
    const last = async (count: number) => {
      const given = sizes.map(([columns], i) => {
        const rows = inputs[i]!.subarray((mostRows - count) * columns);
        return [`x.${i}`, float32(rows, [count, columns])];
      });
      return executable.run(Object.fromEntries(given));
    };
    const all = new Map(
      Object.entries(await last(mostRows)).map(([name, { data }]) => [name, data.slice() as Float32Array]),
    );
    for (const count of rowCounts)
      for (const [name, { data }] of Object.entries(await last(count))) {
        const expected = all.get(name)!.subarray(-data.length);
        if (!sameBits(data as Float32Array, expected)) return false;
      }
    return true;
  } finally {
    executable.dispose();
  }
}

function someWeights(): WeightSource {
  const blocks = sizes.map(([columns, rows], i) => {
    const data = new Uint8Array(scattered((rows * columns) / 8, 10 + i).buffer);
    const scales = scattered((rows * columns) / blockSize, 20 + i);
    return blocksInMemory({ name: `w.${i}`, shape: [rows, columns], axis: 1 }, data, scales);
  });
  const plain = weightsInMemory(
    Object.fromEntries(
      sizes.map(([, rows], i) => [`b.${i}`, { shape: [rows], data: scattered(rows, 30 + i) }]),
    ),
  );
  return { ...plain, get: (name) => blocks.find((tensor) => tensor.name === name) ?? plain.get(name) };
}
