// Whether a file of the cache still is what was downloaded. Large weights are read whole only when asked for.
import { realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DataError } from '@maria/core';
import { openSafetensors } from '../weights/safetensors.js';
import { type RepositoryFolders, sizeOf } from './cache-layout.js';
import { type ContentHash, digestOf, hashOfEtag } from './content-hash.js';

export interface CheckOptions {
  /** Hash every file, however large. */
  readonly verify: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What is known of the contents. */
export interface KnownContents {
  readonly hash: ContentHash | undefined;
  readonly size?: number | undefined;
}

/** Hashed at every pull: some tenths of a second. */
const quicklyHashed = 2 ** 26;

/** Whether the file has these contents, as far as its size, its hash and the header of its weights tell. */
export async function hasContents(
  file: string,
  { hash, size }: KnownContents,
  { verify, signal }: CheckOptions,
): Promise<boolean> {
  const here = sizeOf(file);
  if (here === undefined || (size !== undefined && here !== size)) return false;
  const isHashed = hash !== undefined && (verify || here <= quicklyHashed || !hasWholeTensors(file));
  return !isHashed || (await digestOf(file, hash.kind, signal)) === hash.digest;
}

/** Whether all tensors that the header lists are there in the header of a .safetensors file are there; false for another file. */
function hasWholeTensors(file: string): boolean {
  try {
    openSafetensors(file);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

/** The hash that the cache names the contents of a snapshot's file after; undefined for a copy, and for what a server gave no hash of. */
export function hashInCache(file: string): ContentHash | undefined {
  return hashOfEtag(basename(realpathSync(file)));
}

/** Takes a damaged file out of the snapshot, and its contents out of the cache: the next download brings both. */
export async function forget(file: string, { blobs }: RepositoryFolders): Promise<void> {
  const contents = realpathSync(file);
  // A file of another place that somebody linked into the snapshot is not ours to remove.
  if (dirname(contents) === realpathSync(blobs)) await rm(contents, { force: true });
  await rm(file, { force: true });
}
