// Reads a stored tensor in chunks of whole rows, converts them to float32, and hashes what it reads.
import { createHash } from 'node:crypto';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  numberOfElements,
  type StorageDType,
  storageBytes,
} from '@maria/core';
import { readInto } from '../weights/file-range.js';

export interface TensorOrigin {
  readonly name: string;
  readonly file: string;
  readonly offset: number;
  readonly dtype: StorageDType;
  readonly shape: readonly number[];
}

/** What it holds is overwritten by the next chunk. */
export interface Chunk {
  /** As they are stored. */
  readonly bytes: Uint8Array;
  readonly values: Float32Array;
  /** Index of the first element in the tensor. */
  readonly first: number;
}

/** Elements that are in hand at a time: few enough for a core's own cache. */
const chunkElements = 2 ** 17;

export class RowReader {
  /** Elements of a row; all of it is one row in a tensor without axes. */
  readonly width: number;
  readonly height: number;
  readonly #origin: TensorOrigin;
  readonly #descriptor: number;
  readonly #hash = createHash('sha256');

  /** @param descriptor of the origin's file */
  constructor(origin: TensorOrigin, descriptor: number) {
    this.#origin = origin;
    this.#descriptor = descriptor;
    this.width = numberOfElements(origin.shape.slice(1));
    this.height = origin.shape[0] ?? 1;
  }

  /**
   * @param rows of a chunk @default as many as the cache takes, one at least
   * @throws DataError if the file is cut short
   */
  *chunks(rows = Math.max(1, Math.floor(chunkElements / this.width))): Generator<Chunk> {
    const { file, offset, dtype } = this.#origin;
    const size = storageBytes[dtype];
    const buffer = new Uint8Array(rows * this.width * size);
    const floats =
      dtype === 'float32' ? new Float32Array(buffer.buffer) : new Float32Array(rows * this.width);
    const convert = { float32: () => {}, float16: float16ToFloat32, bfloat16: bfloat16ToFloat32 }[dtype];
    for (let row = 0; row < this.height; row += rows) {
      const first = row * this.width;
      const count = Math.min(rows, this.height - row) * this.width;
      const bytes = buffer.subarray(0, count * size);
      readInto(file, this.#descriptor, bytes, offset + first * size);
      this.#hash.update(bytes);
      const values = floats.subarray(0, count);
      convert(new Uint16Array(buffer.buffer, 0, count), values, 0);
      yield { bytes, values, first };
    }
  }

  /** SHA-256 of what was read, in hexadecimal. Ends the reading. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
