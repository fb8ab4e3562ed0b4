// The bytes of a stored tensor, streamed through one small buffer.
import { open } from 'node:fs/promises';
import type { StoredTensor } from '@maria/core';
import { unreadable } from './file-errors.js';
import { truncated } from './file-range.js';

/** A good size of the buffer. */
export const pieceBytes = 2 ** 22;

/** Pieces of a stored tensor, each valid until the next is asked for, and aligned to four bytes. */
export async function* tensorPieces(
  { location }: StoredTensor,
  buffer: Uint8Array,
): AsyncGenerator<Uint8Array> {
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
