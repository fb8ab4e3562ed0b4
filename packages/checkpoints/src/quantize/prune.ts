// Removes copies of models, quantised or converted, that nothing needs any more.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ExitStatus, MariaError, ownTurn } from '@maria/core';
import { lockFileNow } from '../hub/file-lock.js';
import { convertedFolder, quantizedFolder } from '../weights/cache-folder.js';
import { fileFact } from '../weights/file-errors.js';
import { quote } from '../weights/quote.js';
import { lockPath, makingLockPath } from './acquire-copy.js';
import { listConverted } from './converted-copies.js';
import { partialSuffix } from './make-copy.js';
import { isUnchanged, type Manifest, readManifest } from './manifest.js';
import { openCopy } from './open-copy.js';

export interface CachedCopy {
  /** Name of its folder, or of its file, where it was converted. */
  readonly name: string;
  /** Its path. */
  readonly folder: string;
  /** Bytes on disk. */
  readonly size: number;
  /** What the model is known as, and how it is quantised, if it is; absent for what is not a copy of this version. */
  readonly label?: string;
  readonly scheme?: Manifest['scheme'];
  /** Why no model can use it any more; undefined if one can. */
  readonly useless: string | undefined;
}

/** What maria's cache holds of models, by name: quantised copies first. */
export async function listCopies(): Promise<CachedCopy[]> {
  const converted = listConverted(convertedFolder()).map(({ isBeingMade: _, ...copy }) => copy);
  return [...(await listQuantized(quantizedFolder())), ...converted];
}

export async function listQuantized(cache: string): Promise<CachedCopy[]> {
  const copies: CachedCopy[] = [];
  if (!existsSync(cache)) return copies;
  for (const entry of readdirSync(cache, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === '.locks') continue;
    copies.push(describe(cache, entry.name));
    await ownTurn();
  }
  return copies.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describe(cache: string, name: string): CachedCopy {
  const folder = join(cache, name);
  const size = sizeOf(folder);
  if (name.endsWith(partialSuffix)) return { name, folder, size, useless: 'it was not finished' };
  const manifest = readManifest(folder);
  if (!manifest) return { name, folder, size, useless: 'another version of maria made it' };
  const { label, scheme, source } = manifest;
  const gone = source.files.find((file) => !isUnchanged(file));
  return { name, folder, size, label, scheme, useless: gone && `${gone.path} has changed or is gone` };
}

export interface PruneOptions {
  /** Copies that models can still use too. @default false */
  all?: boolean;
  /** Reads all copies and compares them with their hashes; those that are damaged go too. @default false */
  verify?: boolean;
  /** Removes nothing. @default false */
  dryRun?: boolean;
  /** Of quantised copies. @default in maria's cache */
  cache?: string;
  /** Of converted weights. @default `converted` beside the other */
  converted?: string;
}

export interface Pruned {
  /** With `dryRun`, what would be removed. */
  readonly removed: readonly CachedCopy[];
  /** What another process uses or makes at the moment. */
  readonly inUse: readonly CachedCopy[];
  readonly kept: readonly CachedCopy[];
}

/** @throws MariaError `write-failed` when a copy cannot be removed */
export async function pruneCopies(options: PruneOptions = {}): Promise<Pruned> {
  const {
    all = false,
    verify = false,
    dryRun = false,
    cache = quantizedFolder(),
    converted = join(dirname(cache), 'converted'),
  } = options;
  const removed: CachedCopy[] = [];
  const inUse: CachedCopy[] = [];
  const kept: CachedCopy[] = [];
  for (const listed of await listQuantized(cache)) {
    const copy =
      verify && listed.useless === undefined ? { ...listed, useless: await damageOf(listed.folder) } : listed;
    if (copy.useless === undefined && !all) kept.push(copy);
    else (await remove(cache, copy, dryRun)) ? removed.push(copy) : inUse.push(copy);
  }
  for (const { isBeingMade, ...copy } of listConverted(converted)) {
    if (isBeingMade) inUse.push(copy);
    else if (copy.useless === undefined && !all) kept.push(copy);
    else {
      if (!dryRun) await removing(copy.folder, () => rm(copy.folder, { force: true }));
      removed.push(copy);
    }
  }
  return { removed, inUse, kept };
}

async function remove(cache: string, { name, folder }: CachedCopy, dryRun: boolean): Promise<boolean> {
  const unfinished = /^\.(?<entry>.*)\.(?<pid>\d+)\.partial$/.exec(name)?.groups;
  const lockFile = unfinished ? makingLockPath(cache, unfinished.entry!) : lockPath(cache, name);
  return removing(folder, async () => {
    const lock = await lockFileNow(lockFile);
    if (lock === 'held') return false;
    if (lock === 'unsupported' && unfinished && isRunning(Number(unfinished.pid))) return false;
    try {
      if (!dryRun) await removeWhole(cache, name, folder);
    } finally {
      if (lock !== 'unsupported') {
        if (!dryRun) await rm(lockFile, { force: true });
        lock.release();
      }
    }
    return true;
  });
}

/** @throws MariaError `write-failed` */
async function removing<T>(path: string, remove: () => Promise<T>): Promise<T> {
  try {
    return await remove();
  } catch (error) {
    throw new MariaError('write-failed', ExitStatus.failed, `Cannot remove ${path}: ${fileFact(error)}.`, {
      cause: error,
    });
  }
}

/** Renamed first: a removal that is cut short leaves nothing that looks whole. */
async function removeWhole(cache: string, name: string, folder: string): Promise<void> {
  const doomed = name.endsWith(partialSuffix)
    ? folder
    : join(cache, `.${name}.${process.pid}${partialSuffix}`);
  if (doomed !== folder) await rename(folder, doomed);
  await rm(doomed, { recursive: true, force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What is wrong with the contents of a copy; undefined if nothing is. */
async function damageOf(folder: string): Promise<string | undefined> {
  try {
    const { file, manifest } = openCopy(folder, readManifest(folder)!);
    for (const [name, expected] of Object.entries(manifest.sha256))
      if ((await hashOf(file.bytes(name))) !== expected) return `its tensor ${quote(name)} is damaged`;
    return undefined;
  } catch (error) {
    if (error instanceof MariaError) return error.message;
    throw error;
  }
}

/** Bytes that are hashed in one turn. */
const hashedInOneTurn = 2 ** 23;

async function hashOf(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += hashedInOneTurn) {
    hash.update(bytes.subarray(at, at + hashedInOneTurn));
    await ownTurn();
  }
  return hash.digest('hex');
}

function sizeOf(folder: string): number {
  let total = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile())
      total += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return total;
}
