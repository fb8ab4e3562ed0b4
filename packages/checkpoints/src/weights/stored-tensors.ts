// Tensors that lie in files, as a source of weights: found by name, read and converted on demand.
import {
  bfloat16ToFloat32,
  DataError,
  float16ToFloat32,
  type StorageDType,
  type StoredTensor,
  type WeightSource,
} from '@maria/core';
import { readInto, withFile } from './file-range.js';
import { quote } from './quote.js';
import { type SafetensorsDType, safetensorsBits, storageDTypeOf } from './safetensors-dtypes.js';

export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Absolute, symbolic links resolved. */
  readonly file: string;
  /** First byte, counted from the file's start. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

export interface StoredTensors extends WeightSource {
  /** Every tensor, those of types that cannot be weights included; `names` leaves those out, `get` and `read` throw. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** The file that these were converted from, which tells them from others on every machine. Absolute, symbolic links resolved. */
  readonly madeOf?: string;
  get(name: string): StoredTensor | undefined;
  /** A tensor's bytes as they are stored, whatever its type. @throws DataError */
  bytes(name: string): Uint8Array;
}

/** Half-precision tensors are converted through a buffer of this many elements. */
const chunkElements = 2 ** 21;

function readFloats(entry: TensorEntry, dtype: StorageDType, length: number): Float32Array {
  const target = new Float32Array(length);
  withFile(entry.file, (descriptor) => {
    if (dtype === 'float32') {
      readInto(entry.file, descriptor, new Uint8Array(target.buffer), entry.offset);
      return;
    }
    const convert = dtype === 'float16' ? float16ToFloat32 : bfloat16ToFloat32;
    const chunk = new Uint16Array(Math.min(chunkElements, length));
    for (let start = 0; start < length; start += chunkElements) {
      const words = chunk.subarray(0, length - start);
      readInto(
        entry.file,
        descriptor,
        new Uint8Array(words.buffer, 0, words.byteLength),
        entry.offset + 2 * start,
      );
      convert(words, target, start);
    }
  });
  return target;
}

/** @param where the file or folder, as the user knows it, for messages */
export function storedTensors(where: string, entries: ReadonlyMap<string, TensorEntry>): StoredTensors {
  const find = (name: string): TensorEntry => {
    const entry = entries.get(name);
    if (entry) return entry;
    throw new DataError(
      'missing-tensor',
      `Cannot read tensor ${quote(name)}: ${where} has no such tensor among its ${entries.size}.`,
      { try: 'Use the config.json that was saved with these weights, or download both again.' },
    );
  };
  const usable = (entry: TensorEntry): StorageDType => {
    const dtype = storageDTypeOf(entry.dtype);
    if (dtype) return dtype;
    throw new DataError(
      'unsupported-dtype',
      `Cannot use tensor ${quote(entry.name)} of ${where}: its type is ${entry.dtype}; weights are F32, F16 or BF16.`,
      { try: 'Use the model in one of these types; quantising makes it smaller here.' },
    );
  };
  const usableNames = [...entries.values()]
    .filter((entry) => storageDTypeOf(entry.dtype))
    .map((entry) => entry.name);
  return {
    entries,
    names: () => usableNames,
    get(name): StoredTensor | undefined {
      const entry = entries.get(name);
      if (!entry) return undefined;
      const { file, offset, length, shape } = entry;
      return { name, dtype: usable(entry), shape, location: { kind: 'file', file, offset, length } };
    },
    read(name, length) {
      const entry = find(name);
      const dtype = usable(entry);
      const count = length ?? entry.elements;
      if (!Number.isSafeInteger(count) || count < 0 || count > entry.elements)
        throw new DataError(
          'tensor-too-small',
          `Cannot read ${count} elements of tensor ${quote(name)} of ${where}: it has ${entry.elements}, shape [${entry.shape.join(', ')}].`,
          { try: 'Use the config.json that was saved with these weights, or download both again.' },
        );
      return readFloats(entry, dtype, count);
    },
    bytes(name) {
      const entry = find(name);
      const bytes = new Uint8Array((entry.elements * safetensorsBits[entry.dtype]) / 8);
      withFile(entry.file, (descriptor) => readInto(entry.file, descriptor, bytes, entry.offset));
      return bytes;
    },
  };
}
