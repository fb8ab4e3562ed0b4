// Finds the quantised copy of a checkpoint's weights in the cache, or makes it. Held for as long as it is used.
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { QuantizedDType } from '@maria/core';
import { type FileLock, type LockOptions, lockFile } from '../hub/file-lock.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { quantizedFolder } from './cache-folder.js';
import { type MakeCopyOptions, makeCopy, partialSuffix } from './make-copy.js';
import { entryName, labelOf, readManifest, sourceFiles } from './manifest.js';
import { openCopy, type QuantizedCopy } from './open-copy.js';
import type { PlannedTensor } from './plan.js';

export interface AcquireCopyOptions extends MakeCopyOptions {
  /** The folder with a folder for each copy. @default `quantized` in maria's cache */
  cache?: string;
  /** Another process makes the copy, or removes it. Called once at most. */
  onWait?: (label: string) => void;
}

export interface HeldCopy {
  readonly copy: QuantizedCopy;
  /** Lets others remove the copy. Safe to call again. */
  release(): void;
}

/**
 * The copy that `plan` describes. It is made if there is none, by one process at a time; others wait for it.
 * @throws what makeCopy throws; the signal's reason
 */
export async function acquireCopy(
  source: StoredTensors,
  plan: readonly PlannedTensor[],
  scheme: QuantizedDType,
  { cache = quantizedFolder(), onWait, ...options }: AcquireCopyOptions = {},
): Promise<HeldCopy> {
  const files = sourceFiles(source, plan);
  const name = entryName(files, plan, scheme);
  const folder = join(cache, name);
  let waited = false;
  const lockAs = (mode: LockOptions['mode']) =>
    lockCopy(cache, name, {
      mode,
      signal: options.signal,
      onWait: () => {
        if (!waited) onWait?.(labelOf(files));
        waited = true;
      },
    });
  for (;;) {
    const lock = await lockAs('shared');
    const manifest = readManifest(folder);
    if (manifest)
      try {
        return { copy: openCopy(folder, manifest), release: () => lock?.release() };
      } catch (error) {
        lock?.release();
        throw error;
      }
    lock?.release();
    await make();
  }

  async function make(): Promise<void> {
    const lock = await lockAs('exclusive');
    try {
      if (readManifest(folder)) return;
      // A folder without a manifest is a copy that was removed half way, or that another version made.
      await rm(folder, { recursive: true, force: true });
      if (lock) await removePartials(folder);
      await makeCopy({ source, plan, scheme, files, folder }, options);
    } finally {
      lock?.release();
    }
  }
}

/** What a process left that died while it made this copy: nobody else makes it while the lock is ours. */
async function removePartials(folder: string): Promise<void> {
  const cache = join(folder, '..');
  if (!existsSync(cache)) return;
  for (const name of await readdir(cache))
    if (name.startsWith(`.${basename(folder)}.`) && name.endsWith(partialSuffix))
      await rm(join(cache, name), { recursive: true, force: true });
}

/** The lock of a copy: shared by those who use it, exclusive for who makes or removes it. */
export function lockPath(cache: string, name: string): string {
  return join(cache, '.locks', `${name}.lock`);
}

/** Undefined where there are no locks, or where the cache is read-only. Nobody can remove a copy there either. */
async function lockCopy(cache: string, name: string, options: LockOptions): Promise<FileLock | undefined> {
  try {
    return await lockFile(lockPath(cache, name), options);
  } catch (error) {
    if (
      ['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')
    )
      return undefined;
    throw error;
  }
}
