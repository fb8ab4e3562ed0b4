// config.json: what a run of an evaluation was started with. What decides its figures has to be the same for it to go on.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, readJsonObject, writeFileAtomically } from '@maria/checkpoints';
import { DataError, misfit, quote, UsageError } from '@maria/core';
import { z } from 'zod';
import type { Machine } from '../bench/machine.js';

export const configFile = 'config.json';

const schema = z.object({
  /** Of the folder's layout. */
  version: z.literal(1),
  /** Which evaluation: "perplexity", "infill" … */
  evaluation: z.string(),
  /** All that decides the figures: systems with fingerprints of their weights, data with hashes, masks, seeds. */
  settings: z.record(z.string(), z.unknown()),
  /** What it ran on first. Figures do not depend on it, times do. */
  environment: z.looseObject({ maria: z.string() }),
});

export interface RunConfig {
  readonly version: 1;
  readonly evaluation: string;
  readonly settings: JsonObject;
  readonly environment: { readonly maria: string; readonly machine: Machine };
}

/** @throws DataError for a folder without a configuration, or with one of something else */
export function readConfig(folder: string): RunConfig {
  const file = join(folder, configFile);
  if (!existsSync(file))
    throw new DataError('not-a-run', `Cannot read ${folder} as an evaluation: it has no ${configFile}.`, {
      try: 'Give a folder that maria eval wrote.',
      facts: { folder },
    });
  const json = readJsonObject(file);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data as unknown as RunConfig;
  throw new DataError(
    'not-a-run',
    `Cannot read ${folder} as an evaluation: ${configFile}: ${misfit(schema, json, parsed.error)}.`,
    { try: 'Give a folder that maria eval wrote.', facts: { folder } },
  );
}

export async function writeConfig(folder: string, config: RunConfig): Promise<void> {
  await writeFileAtomically(join(folder, configFile), [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)]);
}

/** @throws UsageError naming the first setting that differs */
export function refuseOther(
  folder: string,
  before: RunConfig,
  now: RunConfig,
  verb: 'go on with' | 'join' = 'go on with',
): void {
  // As JSON has them: what is undefined is not there.
  const difference = firstDifference(
    { evaluation: before.evaluation, ...before.settings },
    { evaluation: now.evaluation, ...(JSON.parse(JSON.stringify(now.settings)) as JsonObject) },
    '',
  );
  if (difference === undefined) return;
  const [name, then, given] = difference;
  throw new UsageError(
    'run-other',
    `Cannot ${verb} the run in ${folder}: its ${name} is ${shown(then)}, and ${shown(given)} is given now.`,
    { try: 'Give what the run was started with, or evaluate in another folder.', facts: { folder } },
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'string' ? quote(value) : String(value);
}

/** The dotted name of the first value that differs, and both values. */
function firstDifference(a: unknown, b: unknown, name: string): [string, unknown, unknown] | undefined {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return a === b ? undefined : [name, a, b];
  if (Array.isArray(a) !== Array.isArray(b)) return [name, a, b];
  const [x, y] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  for (const key of new Set([...Object.keys(x), ...Object.keys(y)])) {
    const difference = firstDifference(x[key], y[key], name === '' ? key : `${name}.${key}`);
    if (difference) return difference;
  }
  return undefined;
}
