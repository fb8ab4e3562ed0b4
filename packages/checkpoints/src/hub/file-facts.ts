// Asks the Hub what a file's contents are called and how long they are, before any of them are sent.

import { bodyLength } from './exchange.js';
import type { HubClient } from './http.js';
import { badResponse } from './hub-errors.js';
import { fileUrl } from './repository-contents.js';

export interface FileFacts {
  /** What identifies the contents: the SHA-256 of a large file, the git object id of a small one. */
  readonly etag: string;
  /** SHA-256 of the contents in hexadecimal, where the ETag is one. */
  readonly sha256: string | undefined;
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
  const reply = await client.patiently(signal, async () => {
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
  const etag = plainEtag(first('x-linked-etag') ?? reply.headers.get('etag') ?? first('etag'));
  if (!etag) throw badResponse(what, `${url.host} gives no ETag for ${file}`);
  const linked = first('x-linked-size');
  const own = reply.status < 300 ? bodyLength(reply.headers) : undefined;
  return {
    etag,
    sha256: /^[0-9a-f]{64}$/.test(etag) ? etag : undefined,
    size: linked && /^\d{1,15}$/.test(linked) ? Number(linked) : own,
  };
}

/** An ETag without its quotes and its mark of weakness. */
function plainEtag(value: string | undefined): string {
  return (value ?? '').replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}
