// Works through what a run has to do, in one order, several at once, and writes a record of each when it is its turn.
import type { JsonObject } from '@maria/checkpoints';
import { DataError, InterruptedError, inOrder, MariaError } from '@maria/core';
import { resultsFile, timesFile } from './results-file.js';
import type { RunFolder } from './run-folder.js';
import { type DoneElsewhere, doneElsewhere } from './shards.js';

/** One piece of work. */
export interface Task {
  /** What tells it from the others; its fields begin its record. */
  readonly key: JsonObject;
}

/** Tasks that are done by the same thing, such as a system that is loaded for them. */
export interface TaskGroup<T extends Task> {
  readonly tasks: readonly T[];
  /** Loads what does them; not called where all are done already. */
  open(): Promise<Worker<T>>;
}

export interface Worker<T extends Task> {
  /** Pieces of work at once. The records do not depend on it. */
  readonly lanes: number;
  /** The rest of the record. An error that concerns only this task becomes a record, too. */
  work(task: T): Promise<JsonObject>;
}

export interface RunTasksOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
  /** Folders of runs that did a part of the same: their records are taken. */
  readonly join?: readonly string[] | undefined;
  /** Milliseconds. @default performance.now */
  readonly clock?: (() => number) | undefined;
}

/**
 * Does what has no record yet. A killed run goes on from the last whole record.
 * @returns the records of all tasks, in order
 * @throws DataError `results-other` when the records are not those of the tasks; UsageError for a run to join that is another one
 * @throws InterruptedError; what is done is kept
 */
export async function runTasks<T extends Task>(
  folder: RunFolder,
  groups: readonly TaskGroup<T>[],
  { signal, onProgress, join = [], clock = () => performance.now() }: RunTasksOptions = {},
): Promise<JsonObject[]> {
  const all = groups.flatMap(({ tasks }) => tasks);
  const records = folder.records().slice(0, all.length);
  records.forEach((record, i) => {
    if (!hasKey(record, all[i]!.key))
      throw new DataError(
        'results-other',
        `Cannot go on with the run in ${folder.path}: line ${i + 1} of ${resultsFile} is of other work.`,
        { try: 'Evaluate in another folder.', facts: { folder: folder.path } },
      );
  });
  const elsewhere = doneElsewhere(join, folder.config, all);
  const results = await folder.openResults(records);
  const kept = folder.records(timesFile).filter(({ record }) => Number(record) < records.length);
  const times = await folder.openResults(kept, timesFile);
  try {
    let before = 0;
    for (const { tasks, open } of groups) {
      const left = tasks.slice(Math.max(0, records.length - before));
      before += tasks.length;
      if (left.length === 0) continue;
      if (signal?.aborted) throw new InterruptedError();
      const worker = left.every((task) => elsewhere.has(task)) ? nothingLeft : await open();
      let since = clock();
      const working = inOrder(left, worker.lanes, async function* (task): AsyncGenerator<
        DoneElsewhere,
        void
      > {
        if (signal?.aborted) throw new InterruptedError();
        yield elsewhere.get(task) ?? { record: await recordOf(worker, task) };
      });
      for await (const told of working) {
        if ('error' in told) throw told.error;
        if (!('event' in told)) continue;
        const record = { ...told.input.key, ...told.event.record };
        await results.append(record);
        const now = clock();
        // Since the record before: together, all of the time.
        const ms = told.event.ms ?? Math.round(1000 * (now - since)) / 1000;
        await times.append({ record: records.length, ms });
        since = now;
        records.push(record);
        onProgress?.(records.length, all.length);
      }
    }
  } finally {
    await results.close();
    await times.close();
  }
  return records;
}

const nothingLeft: Worker<Task> = {
  lanes: 1,
  work: async () => {
    throw new Error('all of it is done');
  },
};

/** What is wrong with one text, such as its length, is no reason to end the run. */
async function recordOf<T extends Task>(worker: Worker<T>, task: T): Promise<JsonObject> {
  try {
    return await worker.work(task);
  } catch (error) {
    if (!(error instanceof MariaError) || !concernsOneText.has(error.code)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

const concernsOneText: ReadonlySet<string> = new Set([
  'context-too-long',
  'empty-text',
  'first-token-masked',
  'id-excluded',
  'mask-in-text',
  'no-gap',
  // Of a device, which read it alone.
  'out-of-memory',
  'span-invalid',
]);

function hasKey(record: JsonObject, key: JsonObject): boolean {
  return Object.entries(key).every(([name, value]) => JSON.stringify(record[name]) === JSON.stringify(value));
}
