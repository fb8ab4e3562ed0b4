// A MARIA checkpoint folder: config.json (model_type maria), head.safetensors, and the tokenizer's files.
import { join, relative, resolve } from 'node:path';
import {
  type Alignment,
  DataError,
  type HeadArrays,
  misfit,
  type QuantizedDType,
  type Refresh,
} from '@maria/core';
import { z } from 'zod';
import { snapshotAt } from '../hub/cache-layout.js';
import { isRepositoryId } from '../hub/repository-id.js';
import { resolveTokenizer } from '../tokenizers/resolve-config.js';
import { hasVocabularyFiles } from '../tokenizers/vocabulary-files.js';
import { writeFileAtomically } from '../weights/atomic-write.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import type { JsonObject } from '../weights/json-file.js';
import { makeFolder } from '../weights/make-folder.js';
import { writeSafetensors } from '../weights/write-safetensors.js';

const idsSchema = z.array(z.number().int().nonnegative()).max(16);

const backboneSchema = z.object({
  /** Folder, absolute or relative to the checkpoint's own. */
  path: z.string().min(1),
  /** The same folder as an absolute path, where it is not within the checkpoint's own. */
  absolute_path: z.string().min(1).optional(),
  /** Hugging Face repository that the folder holds, where it came from one, and its commit. */
  id: z.string().refine(isRepositoryId, 'it is not OWNER/NAME').optional(),
  revision: z.string().optional(),
  /** Of the weights that the head was trained on, as `fingerprint` has it. */
  fingerprint: z.string().optional(),
});

const schema = z.looseObject({
  model_type: z.literal('maria'),
  maria_version: z.literal(1),
  ar: backboneSchema,
  mlm: backboneSchema,
  /** V: rows of the head. */
  vocab_size: z.number().int().positive(),
  /** Token ids around a sequence: the head is always used the way it was trained. */
  ar_prefix: idsSchema,
  mlm_prefix: idsSchema,
  mlm_suffix: idsSchema,
  /** Nothing bounds the fused logits, whatever bounds those of a backbone alone: a head is a matrix of hidden states. */
  final_logit_softcapping: z.null().optional(),
  /** Weight of the MLM's half of the logits where it drafts tokens. */
  draft_scale: z.number().positive().optional(),
  /** When the MLM reads again while gaps are filled: the head was trained so. */
  refresh: z.union([z.literal('gap'), z.number().int().positive()]).optional(),
  /** How the backbones were held that the head was trained on, where not as they are stored. */
  trained_on: z.enum(['int4', 'int8'] satisfies QuantizedDType[]).optional(),
});

export type MariaConfig = z.infer<typeof schema>;

/** Names of the tensors in head.safetensors: [V, dAR], [V, dMLM] and [V]. */
export const headTensors = { ar: 'ar.weight', mlm: 'mlm.weight', bias: 'bias' } as const;

export function isMariaConfig(config: JsonObject): boolean {
  return config.model_type === 'maria';
}

/** @throws DataError naming the file and the key */
export function readMariaConfig(config: JsonObject, folder: string): MariaConfig {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new DataError(
    'config-invalid',
    `Cannot load the MARIA model: ${join(folder, 'config.json')}, ${misfit(schema, config, parsed.error)}.`,
    { try: 'Correct the file, or take it again from where it came.' },
  );
}

export interface MariaDescription {
  /** V: rows of the head. */
  readonly vocabularySize: number;
  readonly alignment: Alignment;
  readonly ar: Checkpoint;
  readonly mlm: Checkpoint;
  /** Of their weights: whoever opens the checkpoint tells by them whether it has found the same models. */
  readonly fingerprints: { readonly ar: string; readonly mlm: string };
  /** Fitted to the head, as `Model.draftScale` has it. */
  readonly draftScale?: number;
  /** When the MLM read again in training. @default never */
  readonly refresh?: Exclude<Refresh, 'off'>;
  /** How the backbones were held that the head was trained on. @default as they are stored */
  readonly trainedOn?: QuantizedDType;
  /** How the head came about; kept in config.json as it is. */
  readonly training?: JsonObject;
}

export interface MariaCheckpointContents extends Omit<MariaDescription, 'vocabularySize'> {
  readonly head: HeadArrays;
}

/** Name of the file with the head's tensors. */
export const headFile = 'head.safetensors';

/**
 * Writes the folder; each file appears whole or not at all, config.json last, so a folder with one is complete.
 * @throws MariaError `write-failed`
 */
export async function writeMariaCheckpoint(folder: string, contents: MariaCheckpointContents): Promise<void> {
  const { head, ...description } = contents;
  makeFolder(folder);
  await writeHead(join(folder, headFile), head);
  await describeMaria(folder, { ...description, vocabularySize: head.vocabularySize });
}

/** @throws MariaError `write-failed` */
export async function writeHead(file: string, head: HeadArrays): Promise<void> {
  const V = head.vocabularySize;
  await writeSafetensors(file, [
    { name: headTensors.ar, shape: [V, head.ar.length / V], data: head.ar },
    { name: headTensors.mlm, shape: [V, head.mlm.length / V], data: head.mlm },
    { name: headTensors.bias, shape: [V], data: head.bias },
  ]);
}

/** Writes all but the head's tensors, which should be there already. @throws MariaError `write-failed` */
export async function describeMaria(folder: string, description: MariaDescription): Promise<void> {
  const { vocabularySize, alignment, ar, mlm, fingerprints, draftScale, refresh, trainedOn, training } =
    description;
  const writeJson = (name: string, value: JsonObject) =>
    writeFileAtomically(join(folder, name), [Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]);
  // The MLM's tokenizer is the one with the mask and the template.
  const tokenizer = mlm.tokenizer ?? (hasVocabularyFiles(mlm) ? resolveTokenizer(mlm).tokenizer : undefined);
  if (tokenizer) await writeJson('tokenizer.json', tokenizer);
  if (mlm.tokenizerConfig) await writeJson('tokenizer_config.json', mlm.tokenizerConfig);
  if (mlm.specialTokensMap) await writeJson('special_tokens_map.json', mlm.specialTokensMap);
  const config: MariaConfig = {
    model_type: 'maria',
    maria_version: 1,
    ar: placesOf(ar, fingerprints.ar, folder),
    mlm: placesOf(mlm, fingerprints.mlm, folder),
    vocab_size: vocabularySize,
    ar_prefix: [...alignment.arPrefix],
    mlm_prefix: [...alignment.mlmPrefix],
    mlm_suffix: [...alignment.mlmSuffix],
    final_logit_softcapping: null,
    ...(draftScale !== undefined && { draft_scale: draftScale }),
    ...(refresh !== undefined && { refresh }),
    ...(trainedOn && { trained_on: trainedOn }),
    ...(training && { training }),
  };
  await writeJson('config.json', config);
}

/** All that finds a backbone again when the checkpoint in `folder` is moved. */
function placesOf(backbone: Checkpoint, fingerprint: string, folder: string): MariaConfig['ar'] {
  const absolute = resolve(backbone.folder);
  const path = relative(resolve(folder), absolute) || '.';
  const { id, commit } = snapshotAt(absolute) ?? {};
  return {
    path,
    ...(path.startsWith('..') && { absolute_path: absolute }),
    ...(id !== undefined && { id, revision: commit }),
    fingerprint,
  };
}
