// Another process that holds a lock, for tests of those who wait for it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { expect } from 'vitest';

/** Holds the lock until it is killed, as Python's tools do with fcntl.flock. */
export async function lockHolder(file: string): Promise<ChildProcess> {
  const koffi = createRequire(import.meta.url).resolve('koffi');
  const code = `
    const flock = require(${JSON.stringify(koffi)}).load(null).func('int flock(int, int)');
    const got = flock(require('fs').openSync(${JSON.stringify(file)}, 'a'), 2 | 4);
    process.stdout.write(got === 0 ? 'locked' : 'failed');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(String((await once(child.stdout!, 'data'))[0])).toBe('locked');
  return child;
}
