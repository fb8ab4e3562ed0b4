// The state of one file's download: what has arrived, its hash, and the next request for the rest.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { NetworkError } from '@maria/core';
import type { RepositoryFolders } from './cache-layout.js';
import { bodyLength } from './exchange.js';
import type { FileFacts, RemoteFile } from './file-facts.js';
import type { HubClient } from './http.js';
import { badResponse, interruption, TemporaryError } from './hub-errors.js';
import { fileUrl } from './repository-contents.js';

export interface BlobRequest {
  readonly client: HubClient;
  readonly folders: RepositoryFolders;
  readonly remote: RemoteFile;
  readonly facts: FileFacts;
  /** After "Cannot" in messages. */
  readonly what: string;
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
  resumed = false;
  isComplete = false;
  private hash: Hash = createHash('sha256');
  private readonly request: BlobRequest;
  private readonly handle: FileHandle;

  constructor(request: BlobRequest, handle: FileHandle) {
    this.request = request;
    this.handle = handle;
  }

  /** Goes on from what is in the file. */
  async resume(file: string): Promise<void> {
    const { signal, facts, onBytes } = this.request;
    const { size, sha256 } = facts;
    const { size: here } = await this.handle.stat();
    // Without hash and length nothing could tell whether the beginning belongs to the rest.
    if (here === 0 || here > (size ?? (sha256 ? Number.POSITIVE_INFINITY : 0))) return;
    for await (const chunk of createReadStream(file, { end: here - 1, highWaterMark: 1 << 20 })) {
      if (signal?.aborted) throw interruption(signal);
      this.hash.update(chunk);
      this.position += chunk.length;
    }
    this.resumed = true;
    this.isComplete = this.position === size;
    onBytes(this.position);
  }

  restart(): void {
    this.position = 0;
    this.resumed = false;
    this.isComplete = false;
    this.hash = createHash('sha256');
  }

  /** One request for what is missing. @throws TemporaryError when it breaks off */
  async receive(): Promise<void> {
    const { client, remote, facts, what, signal } = this.request;
    const url = fileUrl(client.endpoint, remote.id, remote.commit, remote.file);
    const from = this.position;
    const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
    const reply = await client.send({ url, what, id: remote.id, headers: range, signal }).catch((error) => {
      // Nothing there to go on with: what is here is not the beginning of the file.
      if (from === 0 || !isRangeError(error)) throw error;
      this.restart();
      throw new TemporaryError(error);
    });
    try {
      if (reply.status === 200) {
        if (from > 0) this.restart();
      } else if (reply.status !== 206 || !startsAt(reply.headers, from)) {
        throw badResponse(what, `${url.host} answers with another part of ${remote.file} than was asked for`);
      }
      const length = announcedLength(reply.status, reply.headers);
      if (facts.size !== undefined && length !== undefined && length !== facts.size)
        throw this.wrongLength(`has ${length} bytes`);
      await this.take(reply.body());
      if (length !== undefined && this.position < length) throw this.brokenOff();
      if (facts.size !== undefined && this.position < facts.size) throw this.brokenOff();
      this.isComplete = true;
    } catch (error) {
      await reply.discard();
      const progressed = this.position - from >= progressBytes;
      throw error instanceof TemporaryError ? new TemporaryError(error.reason, { progressed }) : error;
    }
  }

  private async take(chunks: AsyncGenerator<Uint8Array, void>): Promise<void> {
    const { facts, onBytes } = this.request;
    for await (const chunk of chunks) {
      if (facts.size !== undefined && this.position + chunk.length > facts.size)
        throw this.wrongLength(`goes on after ${facts.size} bytes`);
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await this.handle.write(
          chunk,
          done,
          chunk.length - done,
          this.position + done,
        );
        done += bytesWritten;
      }
      this.hash.update(chunk);
      this.position += chunk.length;
      this.received += chunk.length;
      onBytes(this.position);
    }
  }

  /** What is wrong with the whole file. */
  fault(): NetworkError | undefined {
    const { what, remote, facts, client } = this.request;
    if (facts.sha256 === undefined) return undefined;
    const hash = this.hash.digest('hex');
    if (hash === facts.sha256) return undefined;
    return new NetworkError(
      'hash-mismatch',
      `Cannot ${what}: ${remote.file} arrived damaged: its SHA-256 is ${hash}, ${client.endpoint.host} announced ${facts.sha256}.`,
      { try: 'Run it again; if it stays so, a proxy or a mirror changes the file.' },
    );
  }

  private wrongLength(fact: string): NetworkError {
    const { what, remote, facts } = this.request;
    return new NetworkError(
      'wrong-length',
      `Cannot ${what}: ${remote.file} ${fact}, where ${facts.size} were announced.`,
      { try: 'Run it again; if it stays so, a proxy or a mirror changes the file.' },
    );
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
