// Finds the quantised copy of a checkpoint's weights in the cache, or makes it. Held for as long as it is used.
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DataError } from '@maria/core';
import { type FileLock, lockFile, lockFileNow } from '../hub/file-lock.js';
import { quantizedFolder } from '../weights/cache-folder.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { type MakeCopyOptions, makeCopy, partialSuffix } from './make-copy.js';
import { entryName, isOutdated, labelOf, readManifest, type SourceFile, sourceFiles } from './manifest.js';
import { openCopy, type QuantizedCopy } from './open-copy.js';
import type { PlannedTensor } from './plan.js';
import type { QuantizedForm } from './tensor-task.js';

export interface AcquireCopyOptions extends MakeCopyOptions {
  /** The folder with a folder for each copy. @default `quantized` in maria's cache */
  cache?: string;
  /** Another process makes the copy, or removes it. Called once at most. */
  onWait?: (label: string) => void;
  /** Hears why a copy that is there is of no use and is made anew. */
  onNote?: (message: string) => void;
}

/** What `onWait` means, for the user. */
export function waitsForCopy(label: string): string {
  return `Waiting for another process that quantises ${label}.`;
}

export interface HeldCopy {
  readonly copy: QuantizedCopy;
  /** Lets others remove the copy. Safe to call again. */
  release(): void;
}

/**
 * The copy that `plan` describes. It is made if there is none, by one process at a time; others wait for it. Nobody waits for
 * those who only use a copy: where theirs was deleted or damaged, another one takes its place.
 * @throws what makeCopy throws; the signal's reason
 */
export async function acquireCopy(
  source: StoredTensors,
  plan: readonly PlannedTensor[],
  form: QuantizedForm,
  { cache = quantizedFolder(), onWait, onNote, ...options }: AcquireCopyOptions = {},
): Promise<HeldCopy> {
  const files = sourceFiles(source, plan);
  const name = entryName(files, plan, form);
  const folder = join(cache, name);
  const lock = { signal: options.signal, onWait: once(() => onWait?.(labelOf(files))) };
  for (let made = false; ; ) {
    const shared = await lockShared({ file: lockPath(cache, name), ...lock });
    const copy = made ? manifestedCopy(folder) : usableCopy(folder);
    if (copy) return { copy, release: once(() => shared?.release()) };
    shared?.release();
    const making = await lockExclusively(
      { file: makingLockPath(cache, name), ...lock },
      () => usableCopy(folder) !== undefined,
    );
    if (making === 'done') continue;
    try {
      if (usableCopy(folder)) continue;
      if (making) await removePartials(folder);
      const fault = existsSync(folder)
        ? 'is damaged'
        : (await hasOutdated(cache, files, form)) && 'was made by an older version of maria';
      if (fault) onNote?.(`The ${form.scheme} copy of ${labelOf(files)} ${fault}: it is made anew.`);
      await makeCopy({ source, plan, form, files, folder }, options);
      made = true;
    } finally {
      making?.release();
    }
  }
}

/** The copy in the folder; undefined where there is none, or a damaged one: it is made anew in its place. */
function usableCopy(folder: string): QuantizedCopy | undefined {
  try {
    return manifestedCopy(folder);
  } catch (error) {
    if (error instanceof DataError && damage.has(error.code)) return undefined;
    throw error;
  }
}

/** Whether there is a copy of the same files that another version made. It stays, for that version may use it. */
async function hasOutdated(
  cache: string,
  files: readonly SourceFile[],
  form: QuantizedForm,
): Promise<boolean> {
  if (!existsSync(cache)) return false;
  return (await readdir(cache)).some((name) => isOutdated(join(cache, name), files, form));
}

function manifestedCopy(folder: string): QuantizedCopy | undefined {
  const manifest = readManifest(folder);
  return manifest && openCopy(folder, manifest);
}

const damage = new Set(['missing-file', 'truncated-file', 'bad-safetensors', 'missing-tensor']);

function once(call: () => void): () => void {
  let called = false;
  return () => {
    if (called) return;
    called = true;
    call();
  };
}

/** What a process left that died while it made this copy: nobody else makes it while the lock is ours. */
async function removePartials(folder: string): Promise<void> {
  const cache = join(folder, '..');
  if (!existsSync(cache)) return;
  for (const name of await readdir(cache))
    if (name.startsWith(`.${basename(folder)}.`) && name.endsWith(partialSuffix))
      await rm(join(cache, name), { recursive: true, force: true });
}

/** The lock of a copy: shared by those who use it, exclusive for who removes it. */
export function lockPath(cache: string, name: string): string {
  return join(cache, '.locks', `${name}.lock`);
}

/** The lock of who makes a copy. */
export function makingLockPath(cache: string, name: string): string {
  return join(cache, '.locks', `${name}.making.lock`);
}

interface CopyLock {
  readonly file: string;
  readonly signal: AbortSignal | undefined;
  readonly onWait: () => void;
}

const pollMs = 100;

/** Undefined where there are no locks, or where the cache is read-only. Nobody can remove a copy there either. */
async function lockShared({ file, signal, onWait }: CopyLock): Promise<FileLock | undefined> {
  try {
    return await lockFile(file, { mode: 'shared', signal, onWait });
  } catch (error) {
    if (isUnwritable(error)) return undefined;
    throw error;
  }
}

/** Waits for the lock, or until another process has done what it is wanted for: that process then holds on to its own lock. */
async function lockExclusively(
  { file, signal, onWait }: CopyLock,
  isDone: () => boolean,
): Promise<FileLock | undefined | 'done'> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      const outcome = await lockFileNow(file);
      if (outcome !== 'held') return outcome === 'unsupported' ? undefined : outcome;
    } catch (error) {
      if (isUnwritable(error)) return undefined;
      throw error;
    }
    if (isDone()) return 'done';
    onWait();
    await delay(pollMs);
  }
}

function isUnwritable(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST'].includes(code);
}
