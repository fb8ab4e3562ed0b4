// Where training text comes from: a file, or a stream of the caller such as standard input.
import { createReadStream } from 'node:fs';
import { unreadable } from '../weights/file-errors.js';

export interface DataSource {
  /** What to call it in messages; `.jsonl` at its end (before `.zst`) says what it holds. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Opened when reading starts. @throws DataError when it cannot be read */
export function fileSource(file: string): DataSource {
  return { name: file, bytes: bytesOf(file) };
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(file, error);
  }
}
