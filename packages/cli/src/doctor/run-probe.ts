// Runs a probe in a process of its own, so that a crash in native code is a finding and not the end.
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MariaError } from '@maria/core/errors';
import { tryNext } from '../try-next.js';
import { type ProbeArguments, type ProbeName, type ProbeResult, probeOf } from './probes.js';

/** Why a fact could not be found out, and what to do about it. */
export interface Failure {
  readonly error: string;
  readonly try?: string;
}
export type Finding<T> = T | Failure;

export function failureOf(error: unknown): Failure {
  const hint = error instanceof MariaError ? tryNext(error) : undefined;
  return { error: (error as Error).message, ...(hint !== undefined && { try: hint }) };
}

/** Far above what a slow machine takes. */
const longestMs = 60_000;

type Message<T> = { readonly result: T } | { readonly failure: Failure };

/** Never throws. @param stopped ends the process; what is found then says nothing. @param given what the probe takes */
export async function runProbe<N extends ProbeName>(
  name: N,
  stopped: AbortSignal,
  ...given: ProbeArguments<N>
): Promise<Finding<ProbeResult<N>>> {
  const script = fileURLToPath(new URL('./probe-process.js', import.meta.url));
  // Where the sources run without a build there is no script to start.
  if (!existsSync(script)) return inThisProcess(name, given);
  return new Promise((resolve) => {
    const child = fork(script, [name, ...given], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      timeout: longestMs,
      signal: stopped,
    });
    child.on('message', (message) => {
      const told = message as Message<ProbeResult<N>>;
      resolve('result' in told ? told.result : told.failure);
    });
    child.on('error', (error) => resolve(failureOf(error)));
    child.on('exit', (status, signal) => {
      if (child.killed && !stopped.aborted)
        return resolve({
          error: `The process that tried it took more than ${longestMs / 1000} s.`,
          try: 'Run maria doctor again when the machine has less to do.',
        });
      const end = signal === null ? `ended with status ${status}` : `was ended by ${signal}`;
      const isDriver = name === 'cudaCards' || name === 'vulkanCards' || (given[1] ?? 'cpu') !== 'cpu';
      const hint = isDriver ? 'Install the newest driver of the graphics card.' : 'npm install';
      resolve({ error: `The process that tried it ${end}.`, try: hint });
    });
  });
}

async function inThisProcess<N extends ProbeName>(
  name: N,
  given: ProbeArguments<N>,
): Promise<Finding<ProbeResult<N>>> {
  try {
    return await probeOf(name)(...given);
  } catch (error) {
    return failureOf(error);
  }
}
