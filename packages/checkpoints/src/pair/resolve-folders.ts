// Folders of the models that were asked for: what is no folder and reads as an id of the Hub is looked up in its cache, or pulled.
import { existsSync } from 'node:fs';
import { UsageError } from '@maria/core';
import type { PullProgress } from '../hub/pull-progress.js';
import { isRepositoryId } from '../hub/repository-id.js';
import { knownPairUnlessFolder, knownRepository } from './known-pairs.js';

export interface NamedModels {
  /** Folder of a MARIA checkpoint, its id on the Hugging Face Hub, `org/name[@revision]`, or the name of a known pair. Folders and ids for `ar` and `mlm`, too. */
  model?: string;
  /** Folder of the autoregressive model; needs `mlm` too. Untrained pairs are fused as a product of experts. */
  ar?: string;
  /** Folder of the masked language model. */
  mlm?: string;
}

export interface ResolveOptions {
  /** Hears how far the download of a model is that is not in the cache yet. */
  onPull?: (progress: PullProgress) => void;
  /** Hears for which other process a download waits. */
  onNote?: (message: string) => void;
  /** Stops downloading. */
  signal?: AbortSignal;
  /** How errors about names that do not go together begin. @default 'Cannot load the model', or '… the pair' */
  cannot?: string;
}

/**
 * The same names, which have to go together, with ids replaced by the folders of their snapshots: found in the cache of the Hub,
 * or pulled. Nothing of the Hub is loaded for folders.
 * @throws UsageError for names that exclude each other; DataError `no-pair` as `knownPair` does; NetworkError, DataError, UsageError as `resolveModel` does
 */
export async function resolveFolders(names: NamedModels, options: ResolveOptions): Promise<NamedModels> {
  refuseMixed(names, options.cannot);
  const wanted = expanded(names);
  const folders: NamedModels = {};
  for (const role of ['model', 'ar', 'mlm'] as const) {
    const name = wanted[role];
    if (name !== undefined) folders[role] = await resolveFolder(name, options);
  }
  return folders;
}

/** A folder as it is, an id of the Hub as the folder of its snapshot, which may lack weights `tokenizerOnly`. @throws as `resolveFolders` */
export async function resolveFolder(
  name: string,
  options: ResolveOptions,
  { tokenizerOnly = false }: { readonly tokenizerOnly?: boolean } = {},
): Promise<string> {
  return isOfHub(name) ? pulled(name, options, tokenizerOnly) : name;
}

/** The name of a known pair as the ids of its models. */
function expanded(names: NamedModels): NamedModels {
  const pair = names.model === undefined ? undefined : knownPairUnlessFolder(names.model);
  return pair ? { ar: knownRepository(pair.ar), mlm: knownRepository(pair.mlm) } : names;
}

/** A MARIA checkpoint, or both of a pair, or nothing. */
function refuseMixed({ model, ar, mlm }: NamedModels, cannot?: string): void {
  if (model !== undefined && (ar !== undefined || mlm !== undefined))
    throw new UsageError(
      'options-exclude',
      `${cannot ?? 'Cannot load the model'}: a MARIA checkpoint names its own pair.`,
      {
        try: 'Give either the checkpoint, or both models of a pair.',
        facts: { options: ['model', 'ar', 'mlm'] },
      },
    );
  if (model === undefined && (ar === undefined) !== (mlm === undefined))
    throw new UsageError(
      'pair-incomplete',
      `${cannot ?? 'Cannot load the pair'}: only the ${ar === undefined ? 'MLM' : 'AR model'} is given.`,
      {
        try: 'Give both the AR model and the MLM.',
      },
    );
}

function isOfHub(name: string): boolean {
  return !existsSync(name) && isRepositoryId(name.split('@')[0]!);
}

async function pulled(
  name: string,
  { onPull, onNote, signal }: ResolveOptions,
  tokenizerOnly: boolean,
): Promise<string> {
  const { resolveModel } = await import('../hub/resolve.js');
  return resolveModel(name, {
    tokenizerOnly,
    ...(onPull && { onProgress: onPull }),
    ...(onNote && { onNote }),
    ...(signal && { signal }),
  });
}
