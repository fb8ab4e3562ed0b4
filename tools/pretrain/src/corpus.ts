// Text to train on: files of documents, plain or compressed, as streams of token ids.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { DataError, type ModelVocabulary } from '@maria/core';
import { decompress } from 'fzstd';

/** Stands between two documents, on a line of its own. */
const separator = '<|endoftext|>';

export interface TokenSource {
  readonly name: string;
  /** Each document after a separator id: separator, document, separator, document … */
  readonly ids: Int32Array;
  /** How often this source is drawn, relative to its length. */
  readonly upsample: number;
}

/** The documents of a .txt or .txt.zst file. @throws DataError when it holds none, or is not UTF-8 */
export function readDocuments(file: string): string[] {
  const stored = readFileSync(file);
  const bytes = file.endsWith('.zst') ? decompress(stored) : stored;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError('bad-text', `Cannot train on ${file}: it is not valid UTF-8.`, { cause });
  }
  const documents = text.split(separator).flatMap((document) => document.trim() || []);
  if (documents.length === 0) throw new DataError('empty-data', `Cannot train on ${file}: it holds no text.`);
  return documents;
}

/** Token ids of a file's documents. `separatorId` stands before each of them. */
export function readSource(
  file: string,
  upsample: number,
  vocabulary: ModelVocabulary,
  separatorId: number,
): TokenSource {
  const parts = readDocuments(file).map((document) => vocabulary.encode(document));
  const ids = new Int32Array(parts.reduce((length, part) => length + 1 + part.length, 0));
  let at = 0;
  for (const part of parts) {
    ids[at] = separatorId;
    ids.set(part, at + 1);
    at += 1 + part.length;
  }
  return { name: basename(file).replace(/\.txt(\.zst)?$/, ''), ids, upsample };
}
