// Finds NaN and infinity in weights by their exponent bits, streamed through one small buffer.
import { open } from 'node:fs/promises';
import {
  bfloat16ToFloat32,
  DataError,
  float16ToFloat32,
  isQuantized,
  type StorageDType,
  type StoredTensor,
  storageBytes,
  type WeightSource,
} from '@maria/core';
import { unreadable } from './file-errors.js';
import { truncated } from './file-range.js';
import { quote } from './quote.js';

export interface NonFinite {
  readonly name: string;
  /** Position in the tensor, row-major. */
  readonly index: number;
  /** NaN, Infinity or -Infinity. */
  readonly value: number;
}

const chunkBytes = 2 ** 22;

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

/** Pieces of a stored tensor, each valid until the next is asked for, and aligned to four bytes. */
async function* pieces({ location }: StoredTensor, buffer: Uint8Array): AsyncGenerator<Uint8Array> {
  if (location.kind === 'memory') {
    for (let start = 0; start < location.bytes.length; start += buffer.length) {
      const piece = location.bytes.subarray(start, start + buffer.length);
      if (piece.byteOffset % 4 === 0) yield piece;
      else {
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
      }
    }
    return;
  }
  const { file, offset, length } = location;
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    for (let start = 0; start < length; ) {
      const wanted = Math.min(buffer.length, length - start);
      let filled = 0;
      while (filled < wanted) {
        const { bytesRead } = await handle.read(buffer, filled, wanted - filled, offset + start + filled);
        if (bytesRead === 0) throw truncated(file, offset, length);
        filled += bytesRead;
      }
      yield buffer.subarray(0, filled);
      start += filled;
    }
  } finally {
    await handle.close();
  }
}

/**
 * The first NaN or infinity among the tensors `names` (all weights by default).
 * Memory: one buffer of 4 MiB. @throws DataError if a file is missing or truncated
 */
export async function findNonFinite(
  source: WeightSource,
  names: Iterable<string> = source.names(),
): Promise<NonFinite | undefined> {
  const buffer = new Uint8Array(chunkBytes);
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
    for await (const piece of pieces(tensor, buffer)) {
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
      { try: 'download the model again, or use another copy' },
    );
}
