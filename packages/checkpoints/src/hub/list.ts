// Lists the models of the cache, whichever tool brought them.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { DataError, ownTurn } from '@maria/core';
import { fileFact } from '../weights/file-errors.js';
import {
  idOfFolder,
  incompleteSuffix,
  type RepositoryFolders,
  repositoryFolders,
  sizeOf,
} from './cache-layout.js';
import { type HubOptions, hubSettings } from './hub-settings.js';
import { isCommit } from './repository-id.js';
import { filesOfSnapshot, missingFrom } from './snapshot.js';

export interface CachedRevision {
  readonly commit: string;
  /** Branches and tags that were at this commit when they were last pulled. */
  readonly refs: readonly string[];
  readonly folder: string;
  /** Bytes of its files, also of those that other revisions share. */
  readonly size: number;
  readonly files: readonly { readonly name: string; readonly size: number }[];
  /** What is missing for opening the model, for example "config.json"; undefined if it is whole. */
  readonly missing: string | undefined;
}

export interface CachedModel {
  readonly id: string;
  readonly folder: string;
  /** Bytes on disk, with what is not whole. */
  readonly size: number;
  /** Bytes of downloads that were not finished. */
  readonly incomplete: number;
  /** Most recent first. */
  readonly revisions: readonly CachedRevision[];
}

/** The models in the cache by id. @throws DataError if the cache cannot be read; a cache that does not exist is empty */
export async function listModels(options: HubOptions = {}): Promise<CachedModel[]> {
  const { cacheFolder } = hubSettings(options);
  const models: CachedModel[] = [];
  for (const name of namesIn(cacheFolder)) {
    const id = idOfFolder(name);
    if (id === undefined) continue;
    const model = readModel(id, repositoryFolders(cacheFolder, id));
    if (model.revisions.length > 0 || model.size > 0) models.push(model);
    await ownTurn();
  }
  return models.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What the cache has of one repository. @throws DataError if it cannot be read */
export function readModel(id: string, folders: RepositoryFolders): CachedModel {
  const refs = readRefs(folders.refs);
  const commits = namesIn(folders.snapshots).filter(isCommit);
  const revisions = commits.map((commit) => readRevision(join(folders.snapshots, commit), commit, refs));
  const modified = new Map(revisions.map(({ commit, folder }) => [commit, statSync(folder).mtimeMs]));
  revisions.sort((a, b) => modified.get(b.commit)! - modified.get(a.commit)!);
  let size = 0;
  let incomplete = 0;
  for (const name of namesIn(folders.blobs)) {
    const bytes = sizeOf(join(folders.blobs, name)) ?? 0;
    size += bytes;
    if (name.endsWith(incompleteSuffix)) incomplete += bytes;
  }
  return { id, folder: folders.root, size, incomplete, revisions };
}

function readRevision(folder: string, commit: string, refs: ReadonlyMap<string, string>): CachedRevision {
  const files = filesOfSnapshot(folder).map(({ name, size }) => ({ name, size }));
  return {
    commit,
    refs: [...refs].filter(([, at]) => at === commit).map(([ref]) => ref),
    folder,
    size: files.reduce((sum, file) => sum + file.size, 0),
    files,
    missing: missingFrom(folder),
  };
}

/** Branches and tags, also those with "/" in their names, with their commits. */
export function readRefs(folder: string): Map<string, string> {
  const refs = new Map<string, string>();
  if (!existsSync(folder)) return refs;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const commit = readFileSync(file, 'utf8').trim();
    if (isCommit(commit)) refs.set(relative(folder, file).split(sep).join('/'), commit);
  }
  return refs;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new DataError('unreadable-file', `Cannot list the models in ${folder}: ${fileFact(error)}.`, {
      cause: error,
    });
  }
}
