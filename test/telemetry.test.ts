// ONNX Runtime keeps a device id and looks up its maker's host unless it is told not to: whoever runs it through maria leaves
// no file and opens no socket.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { autoBackends } from '@maria/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { mariaBin } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-telemetry-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a pair in a process that ends by itself, which is when the library sends what it has. */
const library = (backend: string) => `import('@maria/checkpoints')
  .then(({ loadModel }) => loadModel({ backend: '${backend}' }))
  .then((model) => { model.dispose(); console.log('loaded'); });`;

const cases: [name: string, args: string[]][] = [
  ['maria doctor', [mariaBin, 'doctor']],
  ...autoBackends.flatMap((backend): [string, string[]][] => [
    [`maria infill --backend ${backend}`, [mariaBin, 'infill', '--backend', backend, 'A [MASK] was here.']],
    [`the library with ${backend}`, ['-e', library(backend)]],
    [
      `the library with ${backend} in a worker thread`,
      [
        '-e',
        `new (require('node:worker_threads').Worker)(${JSON.stringify(library(backend))}, { eval: true })`,
      ],
    ],
  ]),
];

/** Runs Node with a home of its own. @returns what is in the home afterwards */
function leftBy(args: readonly string[], [command, ...before]: readonly [string, ...string[]]): string[] {
  const home = mkdtempSync(join(folder, 'home-'));
  const cache = join(home, 'cache');
  mkdirSync(cache);
  const { ORT_DISABLE_TELEMETRY: _off, ...env } = process.env;
  const { status, stderr, stdout } = spawnSync(command, [...before, ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...env, HOME: home, USERPROFILE: home, LOCALAPPDATA: cache, XDG_CACHE_HOME: cache, TMPDIR: cache },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).not.toBe('');
  return readdirSync(home, { recursive: true }).map(String);
}

describe('telemetry is off', () => {
  it.each(cases)('%s leaves no file', (_, args) => {
    expect(leftBy(args, [process.execPath])).toEqual(['cache']);
  });

  const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
  it.skipIf(!canTrace).each(cases)('%s opens no socket (needs strace)', (_, args) => {
    const log = join(mkdtempSync(join(folder, 'trace-')), 'log');
    leftBy(args, ['strace', '-f', '-qq', '-e', 'trace=socket,connect', '-o', log, process.execPath]);
    const calls = readFileSync(log, 'utf8').split('\n');
    expect(calls.filter((call) => /(socket|connect)\(/.test(call))).toEqual([]);
  });
});
