// Runs a Python program that a model wrote, in a child process: without network, with little memory and time, in a folder of its own.
// It still reads and writes files as the user who runs it: whoever allows it says so by name.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceError, InterruptedError } from '@maria/core';

export interface Python {
  /** Whether the program ran to its end, which an early exit is not. */
  passes(program: string, signal?: AbortSignal): Promise<boolean>;
}

export interface PythonLimits {
  /** Seconds, of the clock and of the processor. @default 3, as HumanEval has it */
  readonly seconds?: number;
  /** @default 4 GiB of address space */
  readonly memoryBytes?: number;
}

const environment = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' };
/** A program that writes more is stopped. */
const mostOutput = 2 ** 20;
const mostFileBlocks = 2 ** 15;
/** Whatever a command started ends with it. */
const together = ['--pid', '--fork', '--kill-child'];
/** Ways to run a command without network, the one that needs no rights first. */
const withoutNetwork = [
  ['unshare', '--user', '--map-root-user', '--net', ...together],
  ['unshare', '--net', ...together],
];

/** @throws DeviceError where there is no Python, or no way to take the network away */
export function openPython({ seconds = 3, memoryBytes = 2 ** 32 }: PythonLimits = {}): Python {
  // The program behind a name that may be a script of a version manager.
  const found = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  const python = found.status === 0 ? found.stdout.trim() : '';
  if (python === '') throw cannot('there is no python3', 'Install Python 3.');
  const cut = withoutNetwork.find(
    ([command, ...args]) => spawnSync(command!, [...args, 'true'], { env: environment }).status === 0,
  );
  if (!cut)
    throw cannot('this system has no way to take the network from a process (unshare)', 'Run it on Linux.');
  const limits = `ulimit -t ${Math.ceil(seconds)}; ulimit -v ${Math.ceil(memoryBytes / 1024)}; ulimit -f ${mostFileBlocks}; ulimit -c 0; exec "$0" "$@"`;
  const [command, ...before] = cut;
  const args = [...before, 'sh', '-c', limits, python, '-I', '-B'];
  return {
    async passes(program, signal) {
      if (signal?.aborted) throw new InterruptedError();
      const folder = mkdtempSync(join(tmpdir(), 'maria-python-'));
      // Nobody can know it before: a program that only pretends to end is told from one that does.
      const end = randomBytes(16).toString('hex');
      try {
        const file = join(folder, 'program.py');
        writeFileSync(file, `${program}\nprint("\\n${end}")\n`);
        const child = spawn(command!, [...args, file], {
          cwd: folder,
          env: environment,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const { status, output } = await outcomeOf(child, 1000 * seconds, signal);
        return status === 0 && output.trimEnd().endsWith(end);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function cannot(fact: string, advice: string): DeviceError {
  return new DeviceError('no-execution', `Cannot execute code: ${fact}.`, { try: advice });
}

function outcomeOf(
  child: ChildProcess,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    let output = '';
    const stop = () => void child.kill('SIGKILL');
    const timer = setTimeout(stop, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    };
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > mostOutput) stop();
    });
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (status) => {
      settle();
      if (signal?.aborted) reject(new InterruptedError());
      else resolve({ status, output });
    });
  });
}
