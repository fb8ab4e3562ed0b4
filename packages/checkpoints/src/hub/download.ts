// Brings one blob into the cache: locked, resumed where an earlier try stopped, checked, and renamed into place when whole.
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ExitStatus, MariaError, NetworkError } from '@maria/core';
import { fileFact } from '../weights/file-errors.js';
import { makeFolder } from '../weights/make-folder.js';
import { incompleteSuffix, sizeOf } from './cache-layout.js';
import { hasContents } from './cached-file.js';
import { lockFile } from './file-lock.js';
import { TemporaryError } from './hub-errors.js';
import { type BlobRequest, PartialDownload } from './partial-download.js';

/**
 * Brings the blob if it is not there. Of several processes one downloads, the others wait for it.
 * @returns bytes that this call received
 * @throws NetworkError, MariaError `write-failed`, InterruptedError; what has arrived stays for the next try
 */
export async function downloadBlob(request: BlobRequest): Promise<number> {
  const { folders, facts, signal, onBytes } = request;
  const blob = join(folders.blobs, facts.blob);
  if (await hasContents(blob, facts, request)) {
    onBytes(sizeOf(blob)!);
    return 0;
  }
  const shared = `${blob}${incompleteSuffix}`;
  const onWait = () => {
    request.onWait();
    onBytes(sizeOf(shared) ?? 0);
  };
  try {
    makeFolder(dirname(blob));
    const lock = await lockFile(join(folders.locks, `${facts.blob}.lock`), {
      mode: 'exclusive',
      signal,
      onWait,
    });
    try {
      if (await hasContents(blob, facts, request)) {
        onBytes(sizeOf(blob)!);
        return 0;
      }
      if (lock) return await fetchBlob(request, shared, blob);
      // Without a lock each process needs a file of its own, which nobody would resume.
      const own = `${blob}.${randomBytes(4).toString('hex')}${incompleteSuffix}`;
      try {
        return await fetchBlob(request, own, blob);
      } finally {
        await rm(own, { force: true });
      }
    } finally {
      lock?.release();
    }
  } catch (error) {
    throw error instanceof MariaError ? error : writeError(request, error);
  }
}

function writeError({ what, remote, folders }: BlobRequest, error: unknown): MariaError {
  return new MariaError(
    'write-failed',
    ExitStatus.failed,
    `Cannot ${what}: writing ${remote.file} to ${folders.root} failed: ${fileFact(error)}.`,
    {
      try: 'Free some space, or set HF_HUB_CACHE to another folder; what has arrived is kept.',
      cause: error,
    },
  );
}

async function fetchBlob(request: BlobRequest, partial: string, blob: string): Promise<number> {
  const { client, facts, onBytes } = request;
  // Positions are explicit, so two processes on a file system that only pretends to lock write the same bytes to the same places.
  const handle = await openForUpdate(partial);
  const download = new PartialDownload(request, handle, partial);
  try {
    await download.resume();
    await client.patiently(request, async () => {
      if (!download.isComplete) await download.receive();
      await handle.truncate(download.position);
      const fault = await download.fault();
      if (!fault) return;
      // What lay here before may be of any origin. Only a whole download of our own proves the server wrong.
      const { resumed } = download;
      download.restart();
      if (!resumed) throw fault;
      throw new TemporaryError(fault, { progressed: true });
    });
    await handle.sync();
  } catch (error) {
    if (error instanceof NetworkError && damaged.has(error.code)) await rm(partial, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(partial, blob);
  onBytes(facts.size ?? download.position);
  return download.received;
}

const damaged = new Set(['hash-mismatch', 'wrong-length']);

async function openForUpdate(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return open(file, 'wx+');
  }
}
