// Opens a pair however it is named: by a MARIA checkpoint, by its two backbones, or not at all.
import { embeddedFolder } from './embedded-folder.js';
import { openBackbones } from './open-backbones.js';
import { openMaria } from './open-maria.js';
import type { Pair, PairOptions } from './pair.js';
import { type NamedModels, type ResolveOptions, resolveFolders } from './resolve-folders.js';

export type OpenPairOptions = PairOptions & ResolveOptions;

/** @throws as `resolveFolders` and `openFolders` do */
export async function openPair(names: NamedModels, options: OpenPairOptions): Promise<Pair> {
  return openFolders(await resolveFolders(names, options), options);
}

/**
 * The embedded pair where no folder is named. @param folders of `resolveFolders`
 * @throws DataError when files are missing or damaged, or the two models do not fit each other
 */
export async function openFolders({ model, ar, mlm }: NamedModels, options: OpenPairOptions): Promise<Pair> {
  if (ar !== undefined && mlm !== undefined) return openBackbones(ar, mlm, options);
  return openMaria(model ?? embeddedFolder(), options);
}
