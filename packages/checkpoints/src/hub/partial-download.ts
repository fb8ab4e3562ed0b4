// The state of one file's download: what has arrived, its hash, and the next request for the rest.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { NetworkError } from '@maria/core';
import type { RepositoryFolders } from './cache-layout.js';
import { digestOf, hashNames } from './content-hash.js';
import { bodyLength } from './exchange.js';
import type { FileFacts, RemoteFile } from './file-facts.js';
import type { HubClient } from './http.js';
import { badResponse, interruption, TemporaryError } from './hub-errors.js';
import { fileUrl } from './repository-contents.js';
import { longestUnannounced } from './unannounced-length.js';

export interface BlobRequest {
  readonly client: HubClient;
  readonly folders: RepositoryFolders;
  readonly remote: RemoteFile;
  readonly facts: FileFacts;
  /** After "Cannot" in messages. */
  readonly what: string;
  /** Hash what is there already, however large. */
  readonly verify: boolean;
  readonly signal: AbortSignal | undefined;
  /** Bytes of the file that are here, whoever brought them. */
  readonly onBytes: (received: number) => void;
  /** Called now and then while another process brings the file. */
  readonly onWait: () => void;
}

/** A connection that breaks after at least this much has not been for nothing. */
const progressBytes = 1 << 20;

/** Writes to `handle` at explicit positions, from the start of the file on. */
export class PartialDownload {
  position = 0;
  received = 0;
  /** Whether what is here came in several parts, or before this run. */
  resumed = false;
  isComplete = false;
  private sha256: Hash = createHash('sha256');
  /** What names the version of the file whose beginning is here, so that only its rest is sent. */
  private validator: string | undefined;
  private readonly request: BlobRequest;
  private readonly handle: FileHandle;
  private readonly file: string;

  constructor(request: BlobRequest, handle: FileHandle, file: string) {
    this.request = request;
    this.handle = handle;
    this.file = file;
  }

  /** Goes on from what is in the file. */
  async resume(): Promise<void> {
    const { signal, facts, onBytes } = this.request;
    const { size, hash, etag } = facts;
    const { size: here } = await this.handle.stat();
    // A hash tells in the end whether the beginning belonged to the rest. Without one, the server has to tell before it sends it.
    if (!hash) this.validator = strongEtag(etag);
    if (!hash && (size === undefined || this.validator === undefined)) return;
    if (here === 0 || here > (size ?? Number.POSITIVE_INFINITY)) return;
    for await (const chunk of createReadStream(this.file, { end: here - 1, highWaterMark: 1 << 20 })) {
      if (signal?.aborted) throw interruption(signal);
      this.sha256.update(chunk);
      this.position += chunk.length;
    }
    this.resumed = true;
    // Nothing would tell that a part without a hash is the file, not one of the same length.
    if (!hash && this.position === size) this.restart();
    this.isComplete = this.position === size;
    onBytes(this.position);
  }

  restart(): void {
    this.position = 0;
    this.resumed = false;
    this.isComplete = false;
    this.validator = undefined;
    this.sha256 = createHash('sha256');
  }

  /** One request for what is missing. @throws TemporaryError when it breaks off */
  async receive(): Promise<void> {
    const { client, remote, facts, what, signal } = this.request;
    const url = fileUrl(client.endpoint, remote.id, remote.commit, remote.file);
    // Without hash and version, the rest may be of another file.
    if (!facts.hash && this.validator === undefined) this.restart();
    const from = this.position;
    const reply = await client
      .send({ url, what, id: remote.id, headers: this.range(), signal })
      .catch((error) => {
        // Nothing there to go on with: what is here is not the beginning of the file.
        if (from === 0 || !isRangeError(error)) throw error;
        this.restart();
        throw new TemporaryError(error);
      });
    try {
      if (reply.status === 200) {
        if (from > 0) this.restart();
      } else if (reply.status === 206 && startsAt(reply.headers, from)) {
        this.resumed ||= from > 0;
      } else {
        throw badResponse(what, `${url.host} answers with another part of ${remote.file} than was asked for`);
      }
      const length = announcedLength(reply.status, reply.headers);
      if (facts.size !== undefined && length !== undefined && length !== facts.size)
        throw this.wrongLength(`has ${length} bytes`);
      this.validator = strongEtag(reply.headers.get('etag') ?? '');
      const most = facts.size ?? length ?? longestUnannounced(remote.file);
      if (most === undefined) throw badResponse(what, `${url.host} does not say how long ${remote.file} is`);
      await this.take(reply.body(), most);
      if (length !== undefined && this.position < length) throw this.brokenOff();
      if (facts.size !== undefined && this.position < facts.size) throw this.brokenOff();
      this.isComplete = true;
    } catch (error) {
      await reply.discard();
      const progressed = this.position - from >= progressBytes;
      throw error instanceof TemporaryError ? new TemporaryError(error.reason, { progressed }) : error;
    }
  }

  private range(): Record<string, string> {
    if (this.position === 0) return {};
    const range = `bytes=${this.position}-`;
    return this.validator === undefined ? { range } : { range, 'if-range': this.validator };
  }

  private async take(chunks: AsyncGenerator<Uint8Array, void>, most: number): Promise<void> {
    const { onBytes } = this.request;
    for await (const chunk of chunks) {
      if (this.position + chunk.length > most) throw this.wrongLength(`goes on after ${most} bytes`);
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await this.handle.write(
          chunk,
          done,
          chunk.length - done,
          this.position + done,
        );
        done += bytesWritten;
      }
      this.sha256.update(chunk);
      this.position += chunk.length;
      this.received += chunk.length;
      onBytes(this.position);
    }
  }

  /** What is wrong with the whole file. */
  async fault(): Promise<NetworkError | undefined> {
    const { what, remote, facts, client, signal } = this.request;
    if (!facts.hash) return undefined;
    const { kind, digest } = facts.hash;
    const here = kind === 'sha256' ? this.sha256.digest('hex') : await digestOf(this.file, kind, signal);
    if (here === digest) return undefined;
    return new NetworkError(
      'hash-mismatch',
      `Cannot ${what}: ${remote.file} arrived damaged: its ${hashNames[kind]} is ${here}, ${client.endpoint.host} announced ${digest}.`,
      { try: 'Run it again; if it stays so, a proxy or a mirror changes the file.' },
    );
  }

  private wrongLength(fact: string): NetworkError {
    const { what, remote, facts } = this.request;
    const where =
      facts.size === undefined ? 'and no length was announced' : `where ${facts.size} were announced`;
    return new NetworkError('wrong-length', `Cannot ${what}: ${remote.file} ${fact}, ${where}.`, {
      try: 'Run it again; if it stays so, a proxy or a mirror changes the file.',
    });
  }

  private brokenOff(): TemporaryError {
    const { what, remote, facts } = this.request;
    const of = facts.size === undefined ? '' : ` of ${facts.size}`;
    return new TemporaryError(
      new NetworkError(
        'unreachable',
        `Cannot ${what}: ${remote.file} broke off after ${this.position}${of} bytes.`,
        {
          try: 'Run it again: it goes on where it stopped.',
        },
      ),
    );
  }
}

function isRangeError(error: unknown): error is NetworkError {
  return error instanceof NetworkError && error.code === 'range-not-satisfiable';
}

/** Whether the part that comes starts at this byte. */
function startsAt(headers: Headers, from: number): boolean {
  return headers.get('content-range')?.match(/^bytes (\d+)-/)?.[1] === String(from);
}

/** Length of the whole file as this answer has it. */
function announcedLength(status: number, headers: Headers): number | undefined {
  if (status !== 206) return bodyLength(headers);
  const total = headers.get('content-range')?.match(/\/(\d+)$/)?.[1];
  return total === undefined ? undefined : Number(total);
}

/** What the server compares byte by byte; undefined where it only compares the meaning. */
function strongEtag(etag: string): string | undefined {
  return /^"[^"]+"$/.test(etag) ? etag : undefined;
}
