// The folder of a run: taken by one process, and holding nothing that a new run would destroy.
import { lstatSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileFact, makeFolder } from '@maria/checkpoints';
import { ExitStatus, MariaError, UsageError } from '@maria/core';
import { featuresFile } from './feature-cache.js';
import { metricsFile } from './metrics-file.js';
import { lockRun, type RunKind } from './run-lock.js';
import { newestState, type RunState, readState, stateFolder } from './run-state.js';

export interface FoundState {
  readonly folder: string;
  readonly state: RunState;
}

/** Holds the best head, a MARIA checkpoint. */
export const bestFolder = 'best';

export const trainingRun: RunKind = {
  verb: 'train',
  doing: 'training',
  lock: 'train.lock',
  inPlace: [featuresFile, stateFolder, bestFolder],
};

/** A link of the name of what a run writes to in place, from whoever gave the folder, would lead the run to any file. */
function refuseLink(out: string, name: string, verb: string): void {
  if (lstatSync(join(out, name), { throwIfNoEntry: false })?.isSymbolicLink())
    throw new MariaError(
      'run-folder-link',
      ExitStatus.failed,
      `Cannot ${verb} in ${out}: its ${name} is a symbolic link, which a run does not follow.`,
      { try: `Remove ${join(out, name)}, or ${verb} in another folder.` },
    );
}

/**
 * Makes the folder, and takes it until the returned function is called. A folder that was made here and is empty then goes again.
 * @throws MariaError `run-locked`, `write-failed`
 */
export async function takeFolder(out: string, kind: RunKind): Promise<() => void> {
  let made: string | undefined;
  try {
    made = makeFolder(resolve(out));
    for (const name of [kind.lock, ...kind.inPlace]) refuseLink(out, name, kind.verb);
    const release = await lockRun(out, kind);
    return () => {
      release();
      removeEmpty(resolve(out), made);
    };
  } catch (error) {
    removeEmpty(resolve(out), made);
    if (error instanceof MariaError) throw error;
    throw new MariaError(
      'write-failed',
      ExitStatus.failed,
      `Cannot ${kind.verb} in ${out}: ${fileFact(error)}.`,
      {
        try: 'Choose another folder.',
        facts: { out },
        cause: error,
      },
    );
  }
}

/**
 * The newest state, where a run is to go on and has one.
 * @throws UsageError when a new run would replace another, or a model; DataError when the state is damaged
 */
export function stateToGoOnFrom(
  out: string,
  { resume, onNote }: { readonly resume?: boolean; readonly onNote?: (message: string) => void },
): FoundState | undefined {
  const newest = newestState(out);
  if (!newest) refuseOccupied(out);
  if (resume) {
    if (newest) return { folder: newest.folder, state: readState(newest.folder) };
    onNote?.(`${out} holds no saved step: the run starts from the beginning.`);
    return undefined;
  }
  if (newest)
    throw new UsageError(
      'run-exists',
      `Cannot start a run in ${out}: it holds one that was saved after ${newest.step} steps.`,
      {
        try: 'Go on with it, or train in another folder.',
      },
    );
  return undefined;
}

/** A run that begins writes a model, and removes the best head of one that ended before its first save. */
function refuseOccupied(out: string): void {
  const files = filesOf(out);
  const others = !files.includes(metricsFile) && files.includes(bestFolder);
  if (!files.includes('config.json') && !others) return;
  throw new UsageError(
    'out-occupied',
    `Cannot start a run in ${out}: it holds a model${others ? ` in ${bestFolder}` : ''}.`,
    { try: 'Train in another folder.' },
  );
}

/** Removes `folder` and those above it, up to `last`, as far as they are empty. */
function removeEmpty(folder: string, last: string | undefined): void {
  if (last === undefined) return;
  try {
    for (let at = folder; ; at = dirname(at)) {
      rmdirSync(at);
      if (at === last) return;
    }
  } catch {
    // Something is in it.
  }
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
