// A Hub for tests: its API, its files, and a "CDN" on another port that large files are redirected to. It misbehaves as asked.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export interface TestRepository {
  /** Commit by branch or tag. */
  readonly refs: Record<string, string>;
  /** Contents of the files by commit. Those that end with .safetensors are stored as large files are. */
  readonly commits: Record<string, Record<string, Uint8Array>>;
  readonly card?: object;
  /** Only this token may read it. */
  readonly token?: string;
}

export interface SeenRequest {
  readonly host: 'hub' | 'cdn';
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers in place of the server; false lets the server go on. */
export type Misbehaviour = (
  seen: SeenRequest,
  response: ServerResponse,
  body: Uint8Array | undefined,
) => boolean;

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const gitId = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

export class TestHub {
  readonly repositories: Record<string, TestRepository> = {};
  readonly seen: SeenRequest[] = [];
  misbehave: Misbehaviour | undefined;
  endpoint = '';
  cdn = '';
  private readonly servers: Server[] = [];

  async listen(): Promise<this> {
    this.endpoint = await this.serve('hub', (request, response) => this.hub(request, response));
    this.cdn = await this.serve('cdn', (request, response) => this.content(request, response));
    return this;
  }

  close(): void {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  /** "METHOD path" of the requests for which the predicate holds. */
  requests(wanted: (seen: SeenRequest) => boolean = () => true): string[] {
    return this.seen.filter(wanted).map(({ method, path }) => `${method} ${path}`);
  }

  private async serve(
    host: SeenRequest['host'],
    answer: (seen: SeenRequest, response: ServerResponse) => unknown,
  ) {
    const server = createServer((request: IncomingMessage, response) => {
      const { method = '', url = '', headers } = request;
      const { range, authorization } = headers;
      const ifRange = headers['if-range']?.toString();
      const path = decodeURIComponent(url.split('?')[0]!);
      const seen = { host, method, path, range, ifRange, authorization };
      this.seen.push(seen);
      if (!this.misbehave?.(seen, response, this.bodyAt(seen.path))) answer(seen, response);
    });
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  private hub(seen: SeenRequest, response: ServerResponse): unknown {
    const api = /^\/api\/models\/(.+?)\/revision\/(.+)$/.exec(seen.path);
    const file = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(seen.path);
    const [, id = '', revision = ''] = api ?? file ?? [];
    const repository = this.repositories[id];
    // The real Hub tells nobody without access whether a repository exists.
    if (!repository) return fail(response, seen.authorization ? 404 : 401, 'RepoNotFound');
    if (repository.token !== undefined && seen.authorization !== `Bearer ${repository.token}`)
      return fail(response, seen.authorization ? 403 : 401, 'GatedRepo');
    const commit = repository.refs[revision] ?? revision;
    const files = repository.commits[commit];
    if (!files) return fail(response, 404, 'RevisionNotFound');
    if (api) {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify({ id, sha: commit, siblings, cardData: repository.card }));
    }
    const name = file![3]!;
    const body = files[name];
    if (!body) return fail(response, 404, 'EntryNotFound');
    response.setHeader('x-repo-commit', commit);
    if (!name.endsWith('.safetensors')) {
      response.setHeader('etag', `"${gitId(body)}"`);
      return send(seen, response, body);
    }
    response.setHeader('x-linked-etag', `"${sha256(body)}"`);
    response.setHeader('x-linked-size', String(body.length));
    response.setHeader('location', `${this.cdn}/blob/${sha256(body)}?signature=secret`);
    return response.writeHead(302).end();
  }

  private content(seen: SeenRequest, response: ServerResponse): unknown {
    const body = this.bodyAt(seen.path);
    if (!body) return fail(response, 404);
    response.setHeader('etag', '"of-the-cdn"');
    return send(seen, response, body);
  }

  /** The bytes of a large file by its place on the CDN. */
  private bodyAt(path: string): Uint8Array | undefined {
    const hash = /^\/blob\/(\w+)$/.exec(path)?.[1];
    const all = Object.values(this.repositories).flatMap(({ commits }) => Object.values(commits));
    return all.flatMap((files) => Object.values(files)).find((body) => sha256(body) === hash);
  }
}

export function fail(response: ServerResponse, status: number, code?: string): true {
  if (code) response.setHeader('x-error-code', code);
  response.writeHead(status).end(`{"error":"${status}"}`);
  return true;
}

/** The body, or the part of it that the range asks for. */
export function send({ method, range }: SeenRequest, response: ServerResponse, body: Uint8Array): true {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  if (range !== undefined && start >= body.length) {
    response.setHeader('content-range', `bytes */${body.length}`);
    return fail(response, 416);
  }
  response.setHeader('content-length', String(body.length - start));
  if (range !== undefined)
    response.setHeader('content-range', `bytes ${start}-${body.length - 1}/${body.length}`);
  response.writeHead(range === undefined ? 200 : 206);
  response.end(method === 'HEAD' ? undefined : body.subarray(start));
  return true;
}

/** A Hub for one test file, closed at its end. */
export async function testHub(): Promise<TestHub> {
  const hub = await new TestHub().listen();
  afterAll(() => hub.close());
  return hub;
}
