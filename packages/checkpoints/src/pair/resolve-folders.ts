// Folders of the models that were asked for: what is no folder and reads as an id of the Hub is looked up in its cache, or pulled.
import { existsSync } from 'node:fs';
import type { PullOptions } from '../hub/pull.js';
import { isRepositoryId } from '../hub/repository-id.js';

export interface NamedModels {
  model?: string;
  ar?: string;
  mlm?: string;
}

/**
 * The same names with ids replaced by the folders of their snapshots. Nothing of the Hub is loaded for folders.
 * @throws NetworkError, DataError, UsageError as `resolveModel` does
 */
export async function resolveFolders(names: NamedModels, options: PullOptions): Promise<NamedModels> {
  const folders: NamedModels = {};
  for (const role of ['model', 'ar', 'mlm'] as const) {
    const name = names[role];
    if (name !== undefined) folders[role] = isOfHub(name) ? await pulled(name, options) : name;
  }
  return folders;
}

function isOfHub(name: string): boolean {
  return !existsSync(name) && isRepositoryId(name.split('@')[0]!);
}

async function pulled(name: string, options: PullOptions): Promise<string> {
  const { resolveModel } = await import('../hub/resolve.js');
  return resolveModel(name, options);
}
