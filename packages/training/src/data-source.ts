// Where training text comes from: a file, or a stream of the caller such as standard input.
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { unreadable } from '@maria/checkpoints';

export interface DataSource {
  /** What to call it in messages; `.jsonl` at its end (before `.zst` or `.gz`) says what it holds. */
  readonly name: string;
  /** The file's absolute path, where it is a file: a run that goes on reads it again. */
  readonly file?: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Opened when reading starts. @throws DataError when it cannot be read */
export function fileSource(file: string): DataSource {
  return { name: file, file: resolve(file), bytes: bytesOf(file) };
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(file, error);
  }
}
