// Finds NaN and infinity in weights by their exponent bits, streamed through one small buffer.
import {
  bfloat16ToFloat32,
  DataError,
  float16ToFloat32,
  isQuantized,
  type StorageDType,
  storageBytes,
  type WeightSource,
} from '@maria/core';
import { quote } from './quote.js';
import { pieceBytes, tensorPieces } from './tensor-pieces.js';

export interface NonFinite {
  readonly name: string;
  /** Position in the tensor, row-major. */
  readonly index: number;
  /** NaN, Infinity or -Infinity. */
  readonly value: number;
}

/** The exponent bits of one element; all set: NaN or infinity. */
const exponentBits: Record<StorageDType, number> = { float32: 0x7f800000, float16: 0x7c00, bfloat16: 0x7f80 };
/** The lowest exponent bit: added to an exponent of all ones, it carries into the sign. */
const carries: Record<StorageDType, number> = { float32: 0x00800000, float16: 0x0400, bfloat16: 0x0080 };
/** Words that are tested by one branch. */
const block = 8;

/** Index of the first non-finite element, or -1. `bytes` starts at a multiple of four in its buffer. */
function firstNonFinite(bytes: Uint8Array, dtype: StorageDType): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  // Two elements of 16 bits in a word.
  const both = dtype === 'float32' ? 1 : 0x10001;
  const exponent = (exponentBits[dtype] * both) | 0;
  const carry = (carries[dtype] * both) | 0;
  const sign = dtype === 'float32' ? 0x80000000 | 0 : 0x80008000 | 0;
  const whole = words.length - (words.length % block);
  let start = 0;
  for (; start < whole; start += block) {
    let signs = 0;
    for (let i = start; i < start + block; i++) signs |= ((words[i]! & exponent) + carry) | 0;
    if ((signs & sign) !== 0) break;
  }
  const elements =
    dtype === 'float32' ? words : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
  const bits = exponentBits[dtype];
  const found = elements
    .subarray((4 / storageBytes[dtype]) * start)
    .findIndex((element) => (element & bits) === bits);
  return found < 0 ? -1 : (4 / storageBytes[dtype]) * start + found;
}

function valueAt(bytes: Uint8Array, dtype: StorageDType, index: number): number {
  if (dtype === 'float32') return new Float32Array(bytes.buffer, bytes.byteOffset + 4 * index, 1)[0]!;
  const single = new Float32Array(1);
  const word = new Uint16Array(bytes.buffer, bytes.byteOffset + 2 * index, 1);
  (dtype === 'float16' ? float16ToFloat32 : bfloat16ToFloat32)(word, single, 0);
  return single[0]!;
}

/**
 * The first NaN or infinity among the tensors `names` (all weights by default).
 * Memory: one buffer of 4 MiB. @throws DataError if a file is missing or truncated
 */
export async function findNonFinite(
  source: WeightSource,
  names: Iterable<string> = source.names(),
): Promise<NonFinite | undefined> {
  const buffer = new Uint8Array(pieceBytes);
  for (const name of names) {
    const tensor = source.get(name);
    if (!tensor)
      throw new DataError(
        'missing-tensor',
        `Cannot check tensor ${quote(name)}: the model has no such tensor.`,
      );
    // Integers are finite, and what they were made of was checked then.
    if (isQuantized(tensor)) continue;
    let first = 0;
    for await (const piece of tensorPieces(tensor, buffer)) {
      const index = firstNonFinite(piece, tensor.dtype);
      if (index >= 0) return { name, index: first + index, value: valueAt(piece, tensor.dtype, index) };
      first += piece.length / storageBytes[tensor.dtype];
    }
  }
  return undefined;
}

/** @throws DataError `non-finite-weights` naming the tensor, the position and the value */
export async function checkFinite(
  what: string,
  source: WeightSource,
  names?: Iterable<string>,
): Promise<void> {
  const found = await findNonFinite(source, names);
  if (found)
    throw new DataError(
      'non-finite-weights',
      `Cannot use ${what}: tensor ${quote(found.name)} holds ${found.value} at element ${found.index}.`,
      { try: 'Download the model again, or use another copy.' },
    );
}
