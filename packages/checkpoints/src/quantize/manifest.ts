// What a quantised copy says about itself: what it was made of, how, and the hashes of its tensors.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { blockSize, int8Limits } from '@maria/core';
import { z } from 'zod';
import { readJsonObject } from '../weights/json-file.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import type { PlannedTensor } from './plan.js';
import { schemeVersions } from './scheme.js';
import type { QuantizedForm } from './tensor-task.js';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

const fileSchema = z.object({
  /** Absolute, links resolved. */
  path: z.string(),
  size: count,
  /** Milliseconds since 1970. */
  modified: z.number(),
  /** SHA-256 that the Hub's cache names the file after. */
  blob: hash.optional(),
});
export type SourceFile = z.infer<typeof fileSchema>;

const formSchemas = [
  z.object({
    scheme: z.literal('int4'),
    version: z.literal(schemeVersions.int4),
    block_size: z.literal(blockSize),
  }),
  z.object({
    scheme: z.literal('int8'),
    version: z.literal(schemeVersions.int8),
    /** Largest integer of a weight. */
    limit: z.literal(int8Limits),
  }),
] as const;

const contents = z.object({
  /** What the user knows the source as. */
  label: z.string(),
  source: z.object({
    files: z.array(fileSchema).min(1),
    /** Over the names and the contents of all tensors that were read. */
    sha256: hash,
  }),
  /** Matrices that are quantised, as programs see them. */
  quantized: z.record(z.string(), z.object({ shape: z.tuple([count, count]), axis: z.literal([0, 1]) })),
  /** Of each tensor in the file of the copy. */
  sha256: z.record(z.string(), hash),
});
const schema = contents.and(z.discriminatedUnion('scheme', formSchemas));
export type Manifest = z.infer<typeof schema>;

export const manifestName = 'manifest.json';
export const weightsName = 'model.safetensors';

/** The manifest in a folder; undefined where there is none that this version understands. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    return schema.safeParse(readJsonObject(join(folder, manifestName))).data;
  } catch {
    return undefined;
  }
}

const outdatedSchema = z.object({
  scheme: z.string(),
  version: z.number(),
  source: z.object({ files: z.array(fileSchema) }),
});

/** Whether a folder holds a copy of these files, quantised so, that another version of maria made. */
export function isOutdated(folder: string, files: readonly SourceFile[], { scheme }: QuantizedForm): boolean {
  try {
    const { data } = outdatedSchema.safeParse(readJsonObject(join(folder, manifestName)));
    return (
      data?.scheme === scheme &&
      data.version !== schemeVersions[scheme] &&
      JSON.stringify(data.source.files) === JSON.stringify(files)
    );
  } catch {
    return false;
  }
}

/** The files that planned tensors are read from, as they are now. */
export function sourceFiles(source: StoredTensors, plan: readonly PlannedTensor[]): SourceFile[] {
  const paths = new Set(plan.map(({ from }) => source.madeOf ?? source.entries.get(from)!.file));
  return [...paths].sort().map((path) => {
    const { size, mtimeMs } = statSync(path);
    const blob = blobHash(path);
    return { path, size, modified: mtimeMs, ...(blob !== undefined && { blob }) };
  });
}

/** Whether the file that a copy was made of is there, and the same. */
export function isUnchanged({ path, size, modified, blob }: SourceFile): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  return now !== undefined && now.size === size && (blob !== undefined || now.mtimeMs === modified);
}

/** Files in the Hub's cache are named after their contents. */
function blobHash(path: string): string | undefined {
  const name = basename(path);
  return basename(dirname(path)) === 'blobs' && /^[0-9a-f]{64}$/.test(name) ? name : undefined;
}

/** What a person knows the files of a model as: an id of the Hub, or the name of their folder. */
export function labelOf([first]: readonly SourceFile[]): string {
  const repository = first!.path.split(sep).findLast((part) => part.startsWith('models--'));
  return repository?.slice('models--'.length).replaceAll('--', '/') ?? basename(dirname(first!.path));
}

/** Name of the folder of a copy: the same for the same plan of the same files. */
export function entryName(
  files: readonly SourceFile[],
  plan: readonly PlannedTensor[],
  form: QuantizedForm,
): string {
  const { scheme } = form;
  const identity = files.map(({ path, size, modified, blob }) => (blob ? [blob] : [path, size, modified]));
  const planned = plan.map(({ name, from, axis, columns }) => [name, from, axis, columns]);
  const levels = form.scheme === 'int4' ? blockSize : form.limit;
  const text = JSON.stringify([schemeVersions[scheme], scheme, levels, identity, planned]);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const label = labelOf(files)
    .replaceAll(/[^\w.-]+/g, '-')
    .slice(0, 60);
  return `${label}-${scheme}-${digest}`;
}
