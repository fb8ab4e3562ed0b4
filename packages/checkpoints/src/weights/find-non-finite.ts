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

/** All exponent bits set: NaN or infinity. */
const exponentBits: Record<StorageDType, number> = { float32: 0x7f800000, float16: 0x7c00, bfloat16: 0x7f80 };

/** Index of the first non-finite element, or -1. `bytes` starts at a multiple of four in its buffer. */
function firstNonFinite(bytes: Uint8Array, dtype: StorageDType): number {
  const low = exponentBits[dtype];
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  if (dtype === 'float32') {
    for (let i = 0; i < words.length; i++) if ((words[i]! & low) === low) return i;
    return -1;
  }
  // Two elements a word: half the loads.
  const high = low << 16;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if ((word & low) === low) return 2 * i;
    if ((word & high) === high) return 2 * i + 1;
  }
  const elements = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
  const last = elements.length - 1;
  return elements.length % 2 === 1 && (elements[last]! & low) === low ? last : -1;
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
