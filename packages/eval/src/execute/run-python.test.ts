// Programs in their child process: what passes, and what each limit stops. Skipped where there is no Python, or no unshare.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openPython } from './run-python.js';

const works = ['--user --map-root-user --net', '--net'].some(
  (cut) => spawnSync('sh', ['-c', `python3 -c 1 && unshare ${cut} --pid --fork true`]).status === 0,
);
const folder = mkdtempSync(join(tmpdir(), 'maria-executed-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!works)('a program', () => {
  const python = works ? openPython({ seconds: 20 }) : undefined!;

  test.each([
    ['that ends', 'print("x", end="")', true],
    ['whose test fails', 'assert 1 == 2', false],
    ['that is none', 'def f(:', false],
    ['that only leaves early', 'import sys; sys.exit(0)', false],
    ['that leaves early without a word', 'import os; os._exit(0)', false],
    ['that takes too much memory', 'x = bytearray(2 ** 33)', false],
    ['that writes without end', 'while True: print("x" * 1000)', false],
  ])('%s', async (_, program, passes) => {
    expect(await python.passes(program)).toBe(passes);
  });

  test('has no network', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const connects = `import socket; socket.create_connection(("127.0.0.1", ${port}), 5)`;
    expect(spawnSync('python3', ['-c', 'print(1)']).status).toBe(0);
    expect(await python.passes(connects)).toBe(false);
    server.close();
    expect(connections).toBe(0);
  });

  test('has nothing of the environment', async () => {
    process.env.MARIA_TEST_SECRET = 'x';
    const program = 'import os; assert "MARIA_TEST_SECRET" not in os.environ and "HOME" not in os.environ';
    expect(await python.passes(program)).toBe(true);
    delete process.env.MARIA_TEST_SECRET;
  });

  test('is ended when its time is over, with what it started, and its folder goes', async () => {
    // One that goes on writing, in a session of its own.
    const file = join(folder, 'alive');
    const child = `import time\nwhile True:\n  open(${JSON.stringify(file)}, "a").write("x")\n  time.sleep(.01)`;
    const program = `import subprocess, sys, time\nsubprocess.Popen([sys.executable, "-c", ${JSON.stringify(child)}], start_new_session=True)\ntime.sleep(600)`;
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('maria-python-'));
    expect(await openPython({ seconds: 3 }).passes(program)).toBe(false);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(statSync(file, { throwIfNoEntry: false })?.size).toBe(size);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('maria-python-'));
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
  });

  test('that is interrupted says so', async () => {
    const controller = new AbortController();
    const running = python.passes('import time; time.sleep(600)', controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(running).rejects.toMatchObject({ exitStatus: 130 });
  });
});
