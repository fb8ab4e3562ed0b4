// Text to train on: files of documents as streams of token ids.
import { basename } from 'node:path';
import type { ModelVocabulary } from '@maria/checkpoints';
import { DataError } from '@maria/core';
import { documentsOf, fileSource } from '@maria/training';

export interface TokenSource {
  readonly name: string;
  /** Each document after a separator id: separator, document, separator, document … */
  readonly ids: Int32Array;
  /** How often this source is drawn, relative to its length. */
  readonly upsample: number;
}

/** Token ids of each document of a file, as `maria train` reads it. @throws DataError when it holds no text, or what is no text */
export async function readDocuments(
  file: string,
  encode: (text: string) => Promise<Int32Array>,
): Promise<Int32Array[]> {
  const documents: Int32Array[] = [];
  let pieces: Int32Array[] = [];
  for await (const piece of documentsOf(fileSource(file))) {
    if (piece !== 'end') pieces.push(await encode(piece.text));
    else {
      documents.push(concatenate(pieces));
      pieces = [];
    }
  }
  if (documents.length === 0) throw new DataError('empty-data', `Cannot train on ${file}: it holds no text.`);
  return documents;
}

/** A file's documents as one stream. `separatorId` stands before each of them. */
export async function readSource(
  file: string,
  upsample: number,
  vocabulary: ModelVocabulary,
  separatorId: number,
): Promise<TokenSource> {
  const separator = Int32Array.of(separatorId);
  const documents = await readDocuments(file, vocabulary.encode);
  return {
    name: basename(file).replace(/\.txt(\.zst)?$/, ''),
    ids: concatenate(documents.flatMap((document) => [separator, document])),
    upsample,
  };
}

function concatenate(parts: readonly Int32Array[]): Int32Array {
  const ids = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}
