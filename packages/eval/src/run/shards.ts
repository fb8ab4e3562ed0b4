// A run that several processes share: each has a part of the texts, and one run joins them to what a single process would have written.
import { join } from 'node:path';
import type { JsonObject } from '@maria/checkpoints';
import { readRecords, resultsFile, timesFile } from './results-file.js';
import { type RunConfig, readConfig, refuseOther } from './run-config.js';

export interface EvalShard {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** The texts of a shard, with all their masks. Every one is as in the whole run. */
export function ofShard<T>(
  items: readonly T[],
  { number, of }: EvalShard = { number: 1, of: 1 },
): readonly T[] {
  return items.filter((_, place) => place % of === number - 1);
}

export interface DoneElsewhere {
  readonly record: JsonObject;
  /** Milliseconds that it took there. */
  readonly ms?: number;
}

/** What of the tasks is done in other folders. @throws UsageError for a folder of another run; DataError for one of none */
export function doneElsewhere<T extends { readonly key: JsonObject }>(
  folders: readonly string[],
  config: RunConfig,
  tasks: readonly T[],
): ReadonlyMap<T, DoneElsewhere> {
  const byKey = new Map(tasks.map((task) => [JSON.stringify(task.key), task]));
  const forms = new Map(tasks.map(({ key }) => [Object.keys(key).join(), Object.keys(key)])).values();
  const fieldLists = [...forms];
  const done = new Map<T, DoneElsewhere>();
  for (const folder of folders) {
    const { settings, ...others } = readConfig(folder);
    const { shard: _, ...common } = settings;
    refuseOther(folder, { ...others, settings: common }, config, 'join');
    const times = new Map(readRecords(join(folder, timesFile)).map(({ record, ms }) => [record, ms]));
    for (const [i, record] of readRecords(join(folder, resultsFile)).entries()) {
      const keys = fieldLists.map((fields) =>
        JSON.stringify(Object.fromEntries(fields.map((field) => [field, record[field]]))),
      );
      const task = keys.map((key) => byKey.get(key)).find((found) => found !== undefined);
      const ms = times.get(i);
      if (task) done.set(task, { record, ...(typeof ms === 'number' && { ms }) });
    }
  }
  return done;
}
