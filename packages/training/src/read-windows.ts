// Reads text into windows of tokens: documents of several sources, as much of each, until there is enough.
import { createHash } from 'node:crypto';
import { DataError, ownTurn, unlessAborted, type Vocabulary, WindowBuilder, type Windows } from '@maria/core';
import type { DataSource } from './data-source.js';
import { type DocumentPiece, documentsOf } from './documents.js';

export interface ReadWindowsOptions {
  readonly vocabulary: Pick<Vocabulary, 'encode'>;
  /** Most tokens of a window. */
  readonly length: number;
  /** Reading stops after the document with which there are as many. @default none: all is read */
  readonly enough?: { readonly windows?: number; readonly tokens?: number };
  /** Hears how far reading is, document after document. */
  readonly onProgress?: (progress: { documents: number; windows: number; tokens: number }) => void;
  readonly signal?: AbortSignal;
}

export interface ReadWindows {
  readonly windows: Windows;
  /** Whether reading stopped before the end, because there was enough. */
  readonly isPart: boolean;
  /** SHA-256 of all windows: the same tokens in the same windows, from wherever they came. */
  readonly sha256: string;
}

/**
 * Takes each document from the source that has given the fewest tokens so far, so that a part of the data is a part of each.
 * @throws DataError when the data hold nothing to learn from, or are not text
 */
export async function readWindows(
  sources: readonly DataSource[],
  options: ReadWindowsOptions,
): Promise<ReadWindows> {
  const { vocabulary, length, enough, onProgress, signal } = options;
  const builder = new WindowBuilder(length);
  const active = sources.map((source) => ({ documents: documentsOf(source), tokens: 0 }));
  const isEnough = () =>
    builder.windows >= (enough?.windows ?? Number.POSITIVE_INFINITY) ||
    builder.tokens >= (enough?.tokens ?? Number.POSITIVE_INFINITY);
  try {
    while (active.length > 0 && !isEnough()) {
      signal?.throwIfAborted();
      const fewest = active.reduce((least, source) => (source.tokens < least.tokens ? source : least));
      const tokens = await unlessAborted(readDocument(fewest.documents, builder, vocabulary), signal);
      if (tokens === undefined) active.splice(active.indexOf(fewest), 1);
      else {
        fewest.tokens += tokens;
        onProgress?.(builder);
      }
    }
  } finally {
    for (const { documents } of active) await documents.return(undefined);
  }
  const windows = builder.build();
  if (windows.count === 0)
    throw new DataError(
      'no-data',
      `Cannot train on ${sources.map(({ name }) => name).join(', ')}: no document has two tokens or more.`,
      { try: 'Give text; a line <|endoftext|> ends a document.' },
    );
  return { windows, isPart: active.length > 0, sha256: await hashOf(windows) };
}

/** Tokens of the next document; undefined where there is none. */
async function readDocument(
  pieces: AsyncGenerator<DocumentPiece>,
  builder: WindowBuilder,
  vocabulary: Pick<Vocabulary, 'encode'>,
): Promise<number | undefined> {
  let tokens = 0;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    if (next.value === 'end') {
      builder.endDocument();
      return tokens;
    }
    const ids = await vocabulary.encode(next.value.text);
    tokens += ids.length;
    builder.add(ids);
  }
  return undefined;
}

/** Windows that are hashed in one turn. */
const hashedInOneTurn = 4096;

async function hashOf(windows: Windows): Promise<string> {
  const hash = createHash('sha256');
  for (let i = 0; i < windows.count; i++) {
    const ids = windows.get(i);
    hash.update(Int32Array.of(ids.length));
    hash.update(ids);
    if (i % hashedInOneTurn === hashedInOneTurn - 1) await ownTurn();
  }
  return hash.digest('hex');
}
