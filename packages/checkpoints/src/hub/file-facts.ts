// Asks the Hub what a file's contents are called and how long they are, before any of them are sent.
import { createHash } from 'node:crypto';
import { type ContentHash, hashOfEtag } from './content-hash.js';
import { bodyLength } from './exchange.js';
import type { HubClient } from './http.js';
import { badResponse } from './hub-errors.js';
import { fileUrl } from './repository-contents.js';

export interface FileFacts {
  /** What the contents hash to; undefined where the server's ETag tells nothing of them. */
  readonly hash: ContentHash | undefined;
  /** Name of the blob in the cache: the hash. What has none is known by its place, for ETags of different files may be equal. */
  readonly blob: string;
  /** The ETag as the server gave it. */
  readonly etag: string;
  /** Bytes; undefined if the server does not say. */
  readonly size: number | undefined;
}

export interface RemoteFile {
  readonly id: string;
  readonly commit: string;
  readonly file: string;
}

/** @throws NetworkError */
export async function readFileFacts(
  client: HubClient,
  { id, commit, file }: RemoteFile,
  what: string,
  signal: AbortSignal | undefined,
): Promise<FileFacts> {
  const url = fileUrl(client.endpoint, id, commit, file);
  const reply = await client.patiently({ what, signal }, async () => {
    // The Hub redirects large files to a CDN, which knows nothing of their hashes. The redirect itself tells all.
    const isAnswer = (headers: Headers) => headers.has('x-linked-etag');
    const reply = await client.send({ url, what, id, method: 'HEAD', signal, isAnswer });
    await reply.discard();
    return reply;
  });
  const hops = [...reply.redirects, reply.headers];
  const first = (name: string) => hops.find((headers) => headers.has(name))?.get(name) ?? undefined;

  const seen = first('x-repo-commit');
  if (seen !== undefined && seen !== commit)
    throw badResponse(what, `${url.host} gives ${file} of commit ${seen.slice(0, 40)} in place of ${commit}`);
  const etag = first('x-linked-etag') ?? reply.headers.get('etag') ?? first('etag') ?? '';
  const plain = plainEtag(etag);
  if (!plain) throw badResponse(what, `${url.host} gives no ETag for ${file}`);
  const linked = first('x-linked-size');
  const own = reply.status < 300 ? bodyLength(reply.headers) : undefined;
  const hash = hashOfEtag(plain);
  return {
    hash,
    blob: hash?.digest ?? placeName(commit, file, plain),
    etag,
    size: linked && /^\d{1,15}$/.test(linked) ? Number(linked) : own,
  };
}

/** An ETag without its quotes and its mark of weakness. */
function plainEtag(value: string): string {
  return value.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

/** Other tools name these by the ETag alone; ours must not be taken for one of theirs. */
function placeName(commit: string, file: string, etag: string): string {
  const place = createHash('sha256')
    .update(JSON.stringify([commit, file, etag]))
    .digest('hex');
  return `unchecked-${place.slice(0, 40)}`;
}
