// Runs the built maria command as a user does: a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const mariaBin = fileURLToPath(new URL('../packages/cli/bin/run.js', import.meta.url));

export interface Outcome {
  /** Exit status; null if a signal ended the process. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MariaOptions {
  /** Standard input; empty without it. */
  readonly input?: string | Uint8Array;
  /** Of `startMaria`: a file that standard input is. */
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly nodeArgs?: readonly string[];
}

/** Starts the command, with an environment in which nothing asks for colour or sets flags. */
export function startMaria(
  args: readonly string[],
  { stdin, env, cwd, nodeArgs = [] }: MariaOptions = {},
): ChildProcess {
  const { FORCE_COLOR: _force, NO_COLOR: _no, MARIA_DEBUG: _debug, ...inherited } = process.env;
  const input = stdin === undefined ? 'pipe' : openSync(stdin, 'r');
  const child = spawn(process.execPath, [...nodeArgs, mariaBin, ...args], {
    env: { ...inherited, MARIA_CONFIG: '', ...env },
    cwd,
    stdio: [input, 'pipe', 'pipe'],
  });
  if (typeof input === 'number') closeSync(input);
  return child;
}

/**
 * Node's arguments for a process that sends itself a signal once a file has so many lines. From outside the signal could come
 * too late: how soon another process sees the lines depends on how busy the machine is.
 */
export function signalAtLines(signal: NodeJS.Signals, file: string, lines: number): string[] {
  const code = `
    import { existsSync, readFileSync } from 'node:fs';
    const timer = setInterval(() => {
      const text = existsSync(${JSON.stringify(file)}) ? readFileSync(${JSON.stringify(file)}, 'utf8') : '';
      if (text.split('\\n').length <= ${lines}) return;
      clearInterval(timer);
      process.kill(process.pid, '${signal}');
    }, 1);
    timer.unref();`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

/** Runs the command to its end. */
export async function maria(args: readonly string[], options: MariaOptions = {}): Promise<Outcome> {
  const child = startMaria(args, options);
  // The command may end before it has read its input.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  return outcomeOf(child);
}

export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, ...texts };
}

/** The records of JSON Lines. */
export function recordsIn<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
