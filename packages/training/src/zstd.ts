// Zstandard: bytes that begin with a frame are decompressed as they come, others are handed on.
import { DataError } from '@maria/core';
import { Decompress } from 'fzstd';
import type { DataSource } from './data-source.js';

const magic = 0xfd2fb528;
/** A frame says how much memory it takes to read. This is what the zstd command accepts too. */
const maxWindowBytes = 2 ** 27;
/** A few bytes may stand for 128 KiB; what so many can grow to fits memory. */
const pushBytes = 2 ** 12;
/** Longest frame header: magic number, descriptor, window, dictionary id, content size. */
const maxHeaderBytes = 18;

/** @throws DataError when the data are damaged, end too early, or need a window of more than 128 MiB */
export async function* decompressed({ name, bytes }: DataSource): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = new Uint8Array(0);
    let ended = false;
    while (!ended && head.length < maxHeaderBytes) {
      const next = await iterator.next();
      if (next.done) ended = true;
      else head = Buffer.concat([head, next.value]);
    }
    const rest = (async function* () {
      if (head.length > 0) yield head;
      for (
        let next = ended ? undefined : await iterator.next();
        next && !next.done;
        next = await iterator.next()
      )
        yield next.value;
    })();
    if (head.length < 4 || new DataView(head.buffer, head.byteOffset).getUint32(0, true) !== magic)
      yield* rest;
    else yield* framesOf(name, head, rest);
  } finally {
    await iterator.return?.();
  }
}

async function* framesOf(
  name: string,
  head: Uint8Array,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const damaged = (fact: string, cause?: unknown) =>
    new DataError('bad-zstd', `Cannot read ${name}: its zstd data are unfit (${fact}).`, { cause });
  const window = windowBytes(head);
  if (!(window <= maxWindowBytes))
    throw damaged(`they need a window of ${window} bytes, more than ${maxWindowBytes}`);
  const done: Uint8Array[] = [];
  const decompress = new Decompress((chunk) => void done.push(chunk.slice()));
  const push = (chunk: Uint8Array, isLast: boolean) => {
    try {
      decompress.push(chunk, isLast);
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error), error);
    }
  };
  for await (const chunk of compressed) {
    for (let start = 0; start < chunk.length; start += pushBytes) {
      push(chunk.subarray(start, start + pushBytes), false);
      yield* done.splice(0);
    }
  }
  push(new Uint8Array(0), true);
  yield* done.splice(0);
}

/** Memory that a frame's header asks for (RFC 8878, section 3.1.1.1). */
function windowBytes(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if (!isSingleSegment) {
    const window = view.getUint8(5);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const at = 5 + [0, 1, 2, 4][descriptor & 3]!;
  const sizes = [
    () => view.getUint8(at),
    () => view.getUint16(at, true) + 256,
    () => view.getUint32(at, true),
  ];
  return (sizes[descriptor >> 6] ?? (() => Number(view.getBigUint64(at, true))))();
}
