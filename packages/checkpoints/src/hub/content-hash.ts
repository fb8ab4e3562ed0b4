// What an ETag of the Hub says of a file's contents: large files have their SHA-256, small ones the id that git gives them.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { interruption } from './hub-errors.js';

export interface ContentHash {
  readonly kind: 'sha256' | 'git';
  /** Hexadecimal. */
  readonly digest: string;
}

export const hashNames = { sha256: 'SHA-256', git: 'git id' } as const;

/** The hash that an ETag, or the name of a blob, is; undefined for one of another kind, which tells nothing of the contents. */
export function hashOfEtag(etag: string): ContentHash | undefined {
  if (/^[0-9a-f]{64}$/.test(etag)) return { kind: 'sha256', digest: etag };
  return /^[0-9a-f]{40}$/.test(etag) ? { kind: 'git', digest: etag } : undefined;
}

/** The digest of a file as it is. A git id is the SHA-1 of "blob", the length and the contents. */
export async function digestOf(
  file: string,
  kind: ContentHash['kind'],
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash(kind === 'git' ? 'sha1' : 'sha256');
  if (kind === 'git') hash.update(`blob ${statSync(file).size}\0`);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    if (signal?.aborted) throw interruption(signal);
    hash.update(chunk);
  }
  return hash.digest('hex');
}
