// One run in a folder at a time.
import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { lockFileNow } from '@maria/checkpoints';
import { ExitStatus, MariaError } from '@maria/core';

/** What a run does in its folder. */
export interface RunKind {
  /** For messages: "Cannot train in DIR", "another run is training there". */
  readonly verb: string;
  readonly doing: string;
  /** Name of the file that holds the number of the process that has the folder. */
  readonly lock: string;
  /** What else it writes to in place. */
  readonly inPlace: readonly string[];
}

/**
 * Takes the folder until the returned function is called. The system gives the lock of a process back that dies, however it
 * dies; where it has no such locks, a lock counts as long as its process lives. @throws MariaError `run-locked`
 */
export async function lockRun(folder: string, { verb, doing, lock }: RunKind): Promise<() => void> {
  const file = join(folder, lock);
  const outcome = await lockFileNow(file);
  const holder = processIn(file);
  if (outcome === 'held' || (outcome === 'unsupported' && holder !== undefined && isAlive(holder)))
    throw new MariaError(
      'run-locked',
      ExitStatus.failed,
      `Cannot ${verb} in ${folder}: another run${holder === undefined ? '' : `, process ${holder},`} is ${doing} there.`,
      { try: `Wait for it, or ${verb} in another folder.` },
    );
  writePid(file);
  return () => {
    rmSync(file, { force: true });
    if (outcome !== 'unsupported') outcome.release();
  };
}

/** Never through a link. */
function writePid(file: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const descriptor = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  try {
    writeSync(descriptor, `${process.pid}\n`);
  } finally {
    closeSync(descriptor);
  }
}

function processIn(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
