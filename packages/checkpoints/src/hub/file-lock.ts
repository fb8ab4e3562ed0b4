// Locks between processes: flock(2) on the lock files that Python's tools lock too. The kernel releases the lock of a process
// that dies, however it dies, so no lock is ever stale; a lock file that lies around locks nothing.
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { constants as system } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadKoffi } from '@maria/kernels';
import { makeFolder } from '../weights/make-folder.js';
import { interruption } from './hub-errors.js';

export interface FileLock {
  release(): void;
}

export interface LockOptions {
  /** Many may hold it shared, or one exclusively. */
  readonly mode: 'shared' | 'exclusive';
  readonly signal?: AbortSignal | undefined;
  /** Called now and then while another process holds the lock. */
  readonly onWait?: () => void;
}

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const pollMs = 100;

type Flock = (descriptor: number, operation: number) => number;

let loading: Promise<{ flock: Flock; errno: () => number } | undefined> | undefined;

/** flock of the C library; undefined where there is none (Windows) or koffi does not work. */
async function loadFlock() {
  if (process.platform === 'win32') return undefined;
  try {
    const koffi = await loadKoffi();
    const flock = koffi.load(null).func('int flock(int descriptor, int operation)') as Flock;
    return { flock, errno: () => koffi.errno() };
  } catch {
    return undefined;
  }
}

type Outcome = FileLock | 'held' | 'unsupported';

async function tryLock(file: string, mode: LockOptions['mode']): Promise<Outcome> {
  loading ??= loadFlock();
  const native = await loading;
  if (!native) return 'unsupported';
  makeFolder(dirname(file));
  for (;;) {
    // Others may share the cache: as Python's tools do, let the group lock too. Not through a link, which could create any file.
    const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o664);
    if (native.flock(descriptor, (mode === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB) !== 0) {
      const error = native.errno();
      closeSync(descriptor);
      return error === system.errno.EWOULDBLOCK ? 'held' : 'unsupported';
    }
    // Whoever held it may have deleted the file, and a third process locked a new one of that name.
    if (isSameFile(descriptor, file)) return { release: () => closeSync(descriptor) };
    closeSync(descriptor);
  }
}

function isSameFile(descriptor: number, file: string): boolean {
  const now = lstatSync(file, { throwIfNoEntry: false });
  const { ino, dev } = fstatSync(descriptor);
  return now !== undefined && now.ino === ino && now.dev === dev;
}

/**
 * Waits until the lock is ours.
 * @returns undefined where the system or the file system has no such locks: the caller then has to do without
 * @throws InterruptedError when the signal aborts
 */
export async function lockFile(
  file: string,
  { mode, signal, onWait }: LockOptions,
): Promise<FileLock | undefined> {
  for (;;) {
    if (signal?.aborted) throw interruption(signal);
    const outcome = await tryLock(file, mode);
    if (outcome === 'unsupported') return undefined;
    if (outcome !== 'held') return outcome;
    onWait?.();
    await delay(pollMs, undefined, signal && { signal }).catch(() => {});
  }
}

/** Takes the lock exclusively if nobody else holds it. */
export async function lockFileNow(file: string): Promise<Outcome> {
  return tryLock(file, 'exclusive');
}
