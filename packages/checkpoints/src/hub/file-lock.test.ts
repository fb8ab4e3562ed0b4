// Locks between processes: waited for, taken over from the dead, shared or held alone; pulls at the same time.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InterruptedError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../weights/raw-files.test.support.js';
import { type FileLock, lockFile, lockFileNow } from './file-lock.js';
import { sha256, testHub } from './hub-server.test.support.js';
import { lockHolder } from './lock-holder.test.support.js';
import { type PullOptions, pullModel } from './pull.js';
import { removeModel } from './remove.js';
import { impatient, tinyRepository, weights } from './tiny-repository.test.support.js';

const folder = temporaryFolder();
const hub = await testHub();
hub.repositories['org/tiny'] = tinyRepository();

const locked = async (file: string): Promise<FileLock> => (await lockFile(file, { mode: 'exclusive' }))!;

describe('lockFile', () => {
  it('waits for a process that holds the lock, and takes over when that one is killed', async () => {
    const file = join(folder, 'a.lock');
    const child = await lockHolder(file);
    expect(await lockFileNow(file)).toBe('held');
    let waits = 0;
    const lock = await lockFile(file, {
      mode: 'exclusive',
      onWait: () => {
        if (++waits === 2) child.kill('SIGKILL');
      },
    });
    expect(waits).toBeGreaterThanOrEqual(2);
    lock!.release();
    expect(existsSync(file)).toBe(true);
    (await locked(file)).release();
  });

  it('takes no notice of a file that a dead process left', async () => {
    const file = join(folder, 'stale.lock');
    writeFileSync(file, '99999');
    (await locked(file)).release();
  });

  it('is shared by many or held by one', async () => {
    const file = join(folder, 'shared.lock');
    const shared = [await lockFile(file, { mode: 'shared' }), await lockFile(file, { mode: 'shared' })];
    expect(await lockFileNow(file)).toBe('held');
    for (const lock of shared) lock!.release();
    const lock = await locked(file);
    const stop = new AbortController();
    const onWait = () => stop.abort();
    await expect(lockFile(file, { mode: 'shared', signal: stop.signal, onWait })).rejects.toThrow(
      InterruptedError,
    );
    lock.release();
  });

  it('does not hold a file that was deleted meanwhile', async () => {
    const file = join(folder, 'deleted.lock');
    const old = await locked(file);
    rmSync(file);
    const lock = await locked(file);
    old.release();
    expect(await lockFileNow(file)).toBe('held');
    lock.release();
  });
});

describe('pulls at the same time', () => {
  const optionsFor = (): PullOptions => ({
    endpoint: hub.endpoint,
    cacheFolder: mkdtempSync(join(folder, 'cache-')),
    env: {},
    patience: impatient(),
  });

  it('download a file once', async () => {
    const options = optionsFor();
    hub.seen.length = 0;
    const pulled = await Promise.all([1, 2, 3].map(() => pullModel('org/tiny', options)));
    expect(hub.requests(({ host }) => host === 'cdn')).toHaveLength(1);
    expect(pulled.map(({ folder }) => folder)).toEqual(Array(3).fill(pulled[0]!.folder));
    const received = pulled.reduce((sum, pull) => sum + pull.received, 0);
    expect(received).toBe(pulled[0]!.files.reduce((sum, { size }) => sum + size, 0));
  });

  it('wait for another process, and do not let the model be removed', async () => {
    const options = optionsFor();
    const lock = join(options.cacheFolder!, '.locks/models--org--tiny', `${sha256(weights)}.lock`);
    mkdirSync(dirname(lock), { recursive: true });
    const child = await lockHolder(lock);
    hub.seen.length = 0;
    let removal: Promise<unknown> | undefined;
    const notes: string[] = [];
    const pulled = await pullModel('org/tiny', {
      ...options,
      onNote: (message) => notes.push(message),
      onProgress: ({ file, received }) => {
        if (file !== 'model.safetensors' || received > 0 || removal) return;
        expect(hub.requests(({ host }) => host === 'cdn')).toEqual([]);
        removal = expect(removeModel('org/tiny', options)).rejects.toMatchObject({ code: 'in-use' });
        void removal.finally(() => child.kill('SIGKILL'));
      },
    });
    await removal;
    expect(notes).toEqual(['Waiting for another process that downloads org/tiny.']);
    expect(pulled.received).toBe(pulled.files.reduce((sum, { size }) => sum + size, 0));
  });
});
