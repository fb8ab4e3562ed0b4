// Asks the Hub what a repository holds at a revision.
import { MariaError } from '@maria/core';
import { bodyLength } from './exchange.js';
import type { HubClient, HubRequest } from './http.js';
import { badResponse, TemporaryError } from './hub-errors.js';
import { isCommit, type Repository, repositoryName } from './repository-id.js';
import { longestConfig } from './unannounced-length.js';

// Of @huggingface/hub only its client of the JSON API is used, over our own requests. Its downloads are unfit here: they ask the
// network for a branch that is in the cache, start over after a dropped connection, check neither length nor hash, lock nothing,
// and write to standard output with console.debug. Its scan of the cache gives up on a whole repository for one broken link or
// for missing refs, and leaves out files in subfolders.

export interface RepositoryContents {
  readonly commit: string;
  /** Paths of all files, relative to the repository's root. As the server has them: not to be used as paths unchecked. */
  readonly files: readonly string[];
  /** `license` of the model card, where the Hub has read one. */
  readonly licence: string | undefined;
}

/** @throws NetworkError: no such repository or revision, no access, unreachable, or an answer that makes no sense */
export async function readContents(
  client: HubClient,
  repository: Repository,
  what: string,
  signal: AbortSignal | undefined,
): Promise<RepositoryContents> {
  const { modelInfo } = await import('@huggingface/hub');
  const { id, revision } = repository;
  const odd = (cause?: unknown) =>
    badResponse(what, `${client.endpoint.host} gives no description of ${repositoryName(repository)}`, cause);
  try {
    const info = await modelInfo({
      name: id,
      revision,
      hubUrl: client.endpoint.href.replace(/\/$/, ''),
      additionalFields: ['sha', 'filePaths', 'cardData'],
      fetch: async (input) => {
        const url = new URL(input instanceof Request ? input.url : input);
        return new Response(await readText(client, { url, what, id, signal }, longestConfig));
      },
    });
    const files: readonly unknown[] = info.filePaths;
    if (typeof info.sha !== 'string' || !isCommit(info.sha) || files.length === 0) throw odd();
    if (!files.every((file) => typeof file === 'string')) throw odd();
    return { commit: info.sha, files, licence: licenceOf(info.cardData) };
  } catch (error) {
    // The library does not check what it parses: an odd answer makes it fail in odd ways.
    throw error instanceof MariaError ? error : odd(error);
  }
}

function licenceOf(card: unknown): string | undefined {
  const licence: unknown =
    typeof card === 'object' && card !== null && 'license' in card ? card.license : undefined;
  return typeof licence === 'string' ? licence : undefined;
}

/** The whole answer as text. @throws NetworkError, also if it has more bytes than `most` */
export async function readText(client: HubClient, request: HubRequest, most: number): Promise<string> {
  return client.patiently(request, async () => {
    const reply = await client.send(request);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of reply.body()) {
      parts.push(part);
      bytes += part.length;
      if (bytes > most)
        throw badResponse(request.what, `the answer of ${request.url.host} has more than ${most} bytes`);
    }
    const announced = bodyLength(reply.headers);
    if (announced !== undefined && announced !== bytes)
      throw new TemporaryError(
        badResponse(request.what, `${request.url.host} sent ${bytes} of ${announced} bytes`),
      );
    return Buffer.concat(parts).toString('utf8');
  });
}

/** Address of a file at a commit. */
export function fileUrl(endpoint: URL, id: string, commit: string, file: string): URL {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return new URL(`${endpoint.href.replace(/\/$/, '')}/${id}/resolve/${commit}/${path}`);
}
