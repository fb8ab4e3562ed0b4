// Whether two stored tensors hold the same numbers.
import { type StoredTensor, sameShape, type WeightLocation } from '@maria/core';
import { pieceBytes, tensorPieces } from './tensor-pieces.js';

/**
 * Bytes are compared until some differ: tensors of other types are others. Memory: two buffers of 4 MiB.
 * @throws DataError if a file is missing or truncated; the signal's reason
 */
export async function isSameTensor(a: StoredTensor, b: StoredTensor, signal?: AbortSignal): Promise<boolean> {
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  if (isSamePlace(a.location, b.location)) return true;
  const second = tensorPieces(b, new Uint8Array(pieceBytes));
  try {
    for await (const piece of tensorPieces(a, new Uint8Array(pieceBytes))) {
      signal?.throwIfAborted();
      const other = await second.next();
      if (other.done || Buffer.compare(piece, other.value) !== 0) return false;
    }
    return true;
  } finally {
    await second.return(undefined);
  }
}

function isSamePlace(a: WeightLocation, b: WeightLocation): boolean {
  return a.kind === 'file' && b.kind === 'file' && a.file === b.file && a.offset === b.offset;
}
