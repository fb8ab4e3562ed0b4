// ONNX Runtime keeps a device id and looks up its maker's host unless it is told not to: whoever runs it through maria leaves
// no file and opens no socket.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { autoBackends } from '@maria/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { mariaBin, outcomeOf } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-telemetry-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a pair, and lives on for so many milliseconds. */
const library = (backend: string, ms = 0) => `import('@maria/checkpoints')
  .then(({ loadModel }) => loadModel({ backend: '${backend}' }))
  .then((model) => { model.dispose(); console.log('loaded'); setTimeout(() => {}, ${ms}); });`;

const inWorker = (code: string) =>
  `new (require('node:worker_threads').Worker)(${JSON.stringify(code)}, { eval: true })`;

const short: [name: string, args: string[]][] = [
  ['maria doctor', [mariaBin, 'doctor']],
  ...autoBackends.flatMap((backend): [string, string[]][] => [
    [`maria infill --backend ${backend}`, [mariaBin, 'infill', '--backend', backend, 'A [MASK] was here.']],
    [`the library with ${backend}`, ['-e', library(backend)]],
    [`the library with ${backend} in a worker thread`, ['-e', inWorker(library(backend))]],
  ]),
];
/** The library sends what it has for the first time after 9 seconds. */
const long = autoBackends.map((backend): [string, string[]] => [
  `the library with ${backend}`,
  ['-e', library(backend, 12_000)],
]);

/** Runs Node with a home of its own. @returns what is in the home afterwards */
async function leftBy(
  args: readonly string[],
  [command, ...before]: readonly [string, ...string[]],
): Promise<string[]> {
  const home = mkdtempSync(join(folder, 'home-'));
  const cache = join(home, 'cache');
  mkdirSync(cache);
  const { ORT_DISABLE_TELEMETRY: _off, ...env } = process.env;
  const child = spawn(command, [...before, ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: {
      ...env,
      ...{ HOME: home, USERPROFILE: home, LOCALAPPDATA: cache, XDG_CACHE_HOME: cache, TMPDIR: cache },
      // What maria itself keeps is elsewhere: all that is in the home is the library's.
      MARIA_CACHE: join(folder, 'maria'),
    },
  });
  const { status, stderr, stdout } = await outcomeOf(child);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).not.toBe('');
  return readdirSync(home, { recursive: true }).map(String);
}

describe('telemetry is off', () => {
  it.each(short)('%s leaves no file', async (_, args) => {
    expect(await leftBy(args, [process.execPath])).toEqual(['cache']);
  });

  const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
  // Most of the time they wait, and do so together.
  it.skipIf(!canTrace).concurrent.each(long)('%s opens no socket (needs strace)', async (_, args) => {
    const log = join(mkdtempSync(join(folder, 'trace-')), 'log');
    await leftBy(args, ['strace', '-f', '-qq', '-e', 'trace=socket,connect', '-o', log, process.execPath]);
    const calls = readFileSync(log, 'utf8').split('\n');
    expect(calls.filter((call) => /(socket|connect)\(/.test(call))).toEqual([]);
  });
});
