// Writes a .safetensors file of random weights, as large as a real model's, at the speed of the disk.
import { writeFileAtomically } from '@maria/checkpoints';
import { InterruptedError, numberOfElements } from '@maria/core';
import { fillWith, normals, normalsPeriod } from './random-normals.js';

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

export type RandomDType = 'float32' | 'bfloat16';

/** Blocks of the stream that are written at once: whole ones, so that each write goes on where the one before ended. */
const mostBlocks = 32;

export interface RandomWeights {
  /** Standard deviation; the mean is 0. */
  readonly deviation: number;
  readonly dtype: RandomDType;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All tensors follow each other in one stream of numbers. Others see no file or the whole of it.
 * @throws MariaError `write-failed`; InterruptedError
 */
export async function writeRandomSafetensors(
  file: string,
  tensors: readonly TensorShape[],
  { deviation, dtype, signal }: RandomWeights,
): Promise<void> {
  const bytesEach = dtype === 'float32' ? 4 : 2;
  const elements = tensors.reduce((total, { shape }) => total + numberOfElements(shape), 0);
  const blocks = Math.min(mostBlocks, Math.ceil(elements / normalsPeriod));
  const numbers = normals(normalsPeriod).map((value) => deviation * value);
  const block = dtype === 'float32' ? numbers : toBfloat16(numbers);
  const one = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
  const bytes = await fillWith(new Uint8Array(blocks * one.length), one);
  const chunks = function* () {
    yield header(tensors, dtype, bytesEach);
    for (let left = elements * bytesEach; left > 0; left -= bytes.length) {
      if (signal?.aborted) throw new InterruptedError();
      yield bytes.subarray(0, left);
    }
  };
  await writeFileAtomically(file, chunks());
}

function header(tensors: readonly TensorShape[], dtype: RandomDType, bytesEach: number): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = end;
    end += numberOfElements(shape) * bytesEach;
    return [name, { dtype: dtype === 'float32' ? 'F32' : 'BF16', shape, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  // Spaces at the end let the data start at a cache line.
  const bytes = Buffer.alloc(Math.ceil((8 + json.length) / 64) * 64, ' ');
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  json.copy(bytes, 8);
  return bytes;
}

/** The upper half of a float32. */
function toBfloat16(numbers: Float32Array): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = bits[i]! >>> 16;
  return halves;
}
