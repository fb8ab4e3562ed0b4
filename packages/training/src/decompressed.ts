// Zstandard and gzip: bytes that begin like one of them are decompressed as they come, others are handed on.
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError } from '@maria/core/errors';
import { Decompress } from 'fzstd';
import type { DataSource } from './data-source.js';

/** A frame says how much memory it takes to read. This is what the zstd command accepts too. */
const maxWindowBytes = 2 ** 27;
/** A few bytes may stand for 128 KiB; what so many can grow to fits memory. */
const pushBytes = 2 ** 12;
/** Longest frame header: magic number, descriptor, window, dictionary id, content size. */
const maxHeaderBytes = 18;

/** What compressed data begin with, and how they are read. No text in UTF-8 begins so. */
const formats: readonly {
  readonly magic: readonly number[];
  readonly read: (
    name: string,
    head: Uint8Array,
    bytes: AsyncIterable<Uint8Array>,
  ) => AsyncGenerator<Uint8Array>;
}[] = [
  { magic: [0x28, 0xb5, 0x2f, 0xfd], read: framesOf },
  { magic: [0x1f, 0x8b], read: gunzipped },
];

/**
 * The bytes of a source, without its compression where it has one.
 * @throws DataError when the data are damaged, end too early, or need a zstd window of more than 128 MiB
 */
export async function* decompressed({
  name,
  bytes,
}: Pick<DataSource, 'name' | 'bytes'>): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = new Uint8Array(0);
    let ended = false;
    while (!ended && head.length < maxHeaderBytes && (head.length === 0 || formatOf(head))) {
      const next = await iterator.next();
      if (next.done) ended = true;
      else head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
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
    const format = formatOf(head);
    if (format && head.length >= format.magic.length) yield* format.read(name, head, rest);
    else yield* rest;
  } finally {
    await iterator.return?.();
  }
}

/** The format that the bytes begin like, as far as there are any. */
function formatOf(head: Uint8Array) {
  return formats.find(({ magic }) => magic.every((byte, i) => i >= head.length || head[i] === byte));
}

async function* gunzipped(
  name: string,
  _: Uint8Array,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(compressed);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Uint8Array;
  } catch (error) {
    if (!/^Z_/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const fact = error instanceof Error ? error.message : String(error);
    throw new DataError('bad-gzip', `Cannot read ${name}: its gzip data are unfit (${fact}).`, {
      cause: error,
    });
  } finally {
    source.destroy();
  }
}

async function* framesOf(
  name: string,
  head: Uint8Array,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const damaged = (fact: string, cause?: unknown) =>
    new DataError('bad-zstd', `Cannot read ${name}: its zstd data are unfit (${fact}).`, { cause });
  const window = windowBytes(Buffer.concat([head], Math.max(head.length, maxHeaderBytes)));
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
