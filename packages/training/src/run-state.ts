// What a run goes on from: the head and the optimiser's moments after some step, and what they came from.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fileFact,
  headFile,
  headTensors,
  makeFolder,
  openSafetensors,
  readJsonObject,
  removeHalfWritten,
  syncFolder,
  writeFileAtomically,
  writeHead,
  writeSafetensors,
} from '@maria/checkpoints';
import { quantizations } from '@maria/checkpoints/quantization';
import {
  DataError,
  ExitStatus,
  type HeadArrays,
  type HeadMoments,
  type HeadTrainer,
  MariaError,
  misfit,
} from '@maria/core';
import { z } from 'zod';
import { settingsSchema } from './settings.js';

const dataSchema = z.object({
  /** Names of the files, absolute; "-" for a stream. */
  sources: z.array(z.string()),
  sha256: z.string(),
  windows: z.number().int(),
  tokens: z.number().int(),
  documents: z.number().int(),
});

const backboneSchema = z.object({
  path: z.string(),
  fingerprint: z.string(),
  hiddenSize: z.number().int(),
});

const schema = z.object({
  version: z.literal(1),
  /** Steps taken. */
  step: z.number().int().nonnegative(),
  settings: settingsSchema,
  data: dataSchema,
  evalData: dataSchema.optional(),
  ar: backboneSchema,
  mlm: backboneSchema,
  /** How the backbones are held. */
  quantize: z.enum(quantizations).default('none'),
  alignment: z.object({
    arPrefix: z.array(z.number().int()),
    mlmPrefix: z.array(z.number().int()),
    mlmSuffix: z.array(z.number().int()),
  }),
  vocabularySize: z.number().int().positive(),
  /** Hash of the tokens' strings in order. */
  vocabulary: z.string(),
});
export type RunState = z.infer<typeof schema>;
export type RunData = z.infer<typeof dataSchema>;

export const stateFolder = 'state';
const stateFile = 'state.json';
const optimizerFile = 'optimizer.safetensors';
const stateName = /^step-(\d+)$/;

/** The folder of the newest state of a run; undefined if it has none. */
export function newestState(run: string): { folder: string; step: number } | undefined {
  const states = statesOf(run);
  const step = Math.max(...states.keys());
  return states.size > 0 ? { folder: states.get(step)!, step } : undefined;
}

function statesOf(run: string): Map<number, string> {
  const folder = join(run, stateFolder);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(
    names.flatMap((name) => {
      const match = stateName.exec(name);
      return match ? [[Number(match[1]), join(folder, name)] as const] : [];
    }),
  );
}

/** @throws DataError when it is damaged, or of another version of maria */
export function readState(folder: string): RunState {
  const file = join(folder, stateFile);
  const json = readJsonObject(file);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new DataError('bad-state', `Cannot go on from ${file}: ${misfit(schema, json, parsed.error)}.`, {
    try: 'Start a run in another folder.',
  });
}

/** @throws DataError when a file is missing or damaged */
export function readStateTensors(
  folder: string,
  { vocabularySize, ar, mlm }: RunState,
): { head: HeadArrays; moments: HeadMoments } {
  const shapes = {
    ar: vocabularySize * ar.hiddenSize,
    mlm: vocabularySize * mlm.hiddenSize,
    bias: vocabularySize,
  };
  const read = (file: string, prefix: string): HeadArrays => {
    const source = openSafetensors(join(folder, file));
    const tensor = (part: keyof typeof shapes) => source.read(prefix + headTensors[part], shapes[part]);
    return { vocabularySize, ar: tensor('ar'), mlm: tensor('mlm'), bias: tensor('bias') };
  };
  return {
    head: read(headFile, ''),
    moments: { first: read(optimizerFile, 'first.'), second: read(optimizerFile, 'second.') },
  };
}

/**
 * Writes a state beside the older ones and returns its folder, which appears whole or not at all.
 * @throws MariaError `write-failed`; the older states are untouched
 */
export async function writeState(run: string, state: RunState, trainer: HeadTrainer): Promise<string> {
  const parent = join(run, stateFolder);
  const temporary = join(parent, `.new-${randomBytes(6).toString('hex')}`);
  try {
    makeFolder(temporary);
    await writeHead(join(temporary, headFile), await trainer.head());
    await writeMoments(join(temporary, optimizerFile), await trainer.moments());
    await writeFileAtomically(join(temporary, stateFile), [
      Buffer.from(`${JSON.stringify(state, null, 2)}\n`),
    ]);
    const folder = join(parent, `step-${state.step}`);
    await rename(temporary, folder);
    await syncFolder(parent);
    return folder;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (error instanceof MariaError) throw error;
    throw new MariaError(
      'write-failed',
      ExitStatus.failed,
      `Cannot save the run in ${run}: ${fileFact(error)}.`,
      {
        cause: error,
      },
    );
  }
}

function writeMoments(file: string, { first, second }: HeadMoments): Promise<void> {
  const tensors = Object.entries({ first, second }).flatMap(([kind, { vocabularySize: V, ...parts }]) =>
    (['ar', 'mlm', 'bias'] as const).map((part) => ({
      name: `${kind}.${headTensors[part]}`,
      shape: part === 'bias' ? [V] : [V, parts[part].length / V],
      data: parts[part],
    })),
  );
  return writeSafetensors(file, tensors);
}

/** Removes all states but the newest, and what killed runs left half written. */
export async function pruneStates(run: string): Promise<void> {
  const newest = newestState(run);
  const parent = join(run, stateFolder);
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const path = join(parent, name);
    if (path !== newest?.folder && (stateName.test(name) || name.startsWith('.new-')))
      await rm(path, { recursive: true, force: true });
  }
  await removeHalfWritten(run);
}
