// Runs that end early: Ctrl-C, SIGTERM, and readers that go away.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { mariaBin, outcomeOf, startMaria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const line = 'The [MASK] and the [MASK] went to the [MASK] and saw a [MASK*8].\n';

/** Sends the signal when the first output is there, to a run that has more to do or waits for more input. */
async function interrupted(args: string[], signal: NodeJS.Signals, { waiting }: { waiting: boolean }) {
  const child = startMaria(['infill', ...args]);
  child.stdin?.on('error', () => {});
  child.stdin?.write(waiting ? line : line.repeat(2000));
  child.stdout?.once('data', () => child.kill(signal));
  return outcomeOf(child);
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  // Which ends the process as itself.
  ['SIGHUP', null],
] as const)('%s stops a busy run after whole lines', async (signal, expected) => {
  const { status, stdout, stderr } = await interrupted([], signal, { waiting: false });
  expect(status).toBe(expected);
  expect(stderr).toBe('Interrupted.\n');
  expect(stdout).toMatch(/^(The .+\.\n)+$/);
  expect(stdout.split('\n').length).toBeLessThan(1999);
});

test('Ctrl-C stops a run that waits for input', async () => {
  const { status, stdout, stderr } = await interrupted([], 'SIGINT', { waiting: true });
  expect([status, stderr]).toEqual([130, 'Interrupted.\n']);
  expect(stdout).toMatch(/^The .+\.\n$/);
});

test('a second signal ends a process that hangs after the first', async () => {
  // After the first one the main thread does nothing else any more.
  const code = `process.once('SIGINT', () => queueMicrotask(() => {
    console.error('hangs');
    for (;;);
  }));`;
  const child = startMaria(['infill'], {
    nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(code)}`],
  });
  child.stdin?.write(line);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  child.stderr?.once('data', () => child.kill('SIGINT'));
  const { status, stderr } = await outcomeOf(child);
  expect([status, child.signalCode]).toEqual([null, 'SIGINT']);
  expect(stderr).toBe('hangs\n');
});

test('events stop between events', async () => {
  const { status, stdout } = await interrupted(['--events'], 'SIGINT', { waiting: false });
  expect(status).toBe(130);
  for (const event of stdout.trimEnd().split('\n')) expect(JSON.parse(event)).toHaveProperty('type');
});

test('an interrupted run leaves the output file as it was and tells where its part is', async () => {
  const path = join(folder, 'filled.txt');
  writeFileSync(path, 'before');
  const child = startMaria(['infill', '--output', path]);
  child.stdin?.on('error', () => {});
  child.stdin?.write(line.repeat(2000));
  const partialOf = () => readdirSync(folder).find((name) => name.startsWith(`.filled.txt.${child.pid}.`));
  const outcome = outcomeOf(child);
  const timer = setInterval(() => {
    const name = partialOf();
    if (name === undefined || statSync(join(folder, name)).size === 0) return;
    // Once: a second one would end the process at once.
    clearInterval(timer);
    child.kill('SIGINT');
  }, 20);
  const { status, stderr } = await outcome;
  clearInterval(timer);
  expect(status).toBe(130);
  const partial = join(folder, partialOf()!);
  expect(stderr).toBe(`What was done so far is in ${partial}\nInterrupted.\n`);
  expect(readFileSync(path, 'utf8')).toBe('before');
  expect(readFileSync(partial, 'utf8')).toMatch(/^(The .+\.\n)+$/);
});

test.each([[''], ['--jsonl'], ['--events']])(
  'a reader that goes away ends the run %s quietly',
  async (flag) => {
    const record = flag === '--jsonl' ? '{"text":"The [MASK] sat."}' : 'The [MASK] sat.';
    const script = `yes '${record}' | { "$0" "$1" infill ${flag}; echo "status $?" >&2; } | head -n 1`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script, process.execPath, mariaBin]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toBe('status 0\n');
  },
);
