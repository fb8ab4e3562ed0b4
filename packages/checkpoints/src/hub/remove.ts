// Removes a model, or one revision of it, from the cache.
import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError, ExitStatus, MariaError } from '@maria/core';
import { fileFact } from '../weights/file-errors.js';
import {
  type RepositoryFolders,
  repositoryFolders,
  repositoryLock,
  sizeOf,
  snapshotFolder,
} from './cache-layout.js';
import { lockFileNow } from './file-lock.js';
import { type HubOptions, hubSettings } from './hub-settings.js';
import { type CachedModel, readModel, readRefs } from './list.js';
import { parseRepository } from './repository-id.js';
import { filesOfSnapshot } from './snapshot.js';

export interface RemovedModel {
  readonly id: string;
  /** Commits whose snapshots are gone. */
  readonly commits: readonly string[];
  /** Bytes that became free. */
  readonly freed: number;
  /** Revisions that are still there. */
  readonly remaining: number;
}

/**
 * Removes `ID@REVISION` (a branch, a tag, or a commit or the first digits of one) with the blobs that no other revision uses,
 * or without a revision all of `ID`, unfinished downloads included.
 * @throws DataError if it is not in the cache
 * @throws MariaError `in-use` while a pull of the same model runs, `write-failed`
 */
export async function removeModel(text: string, options: HubOptions = {}): Promise<RemovedModel> {
  const { id, revision } = parseRepository(text);
  const { cacheFolder } = hubSettings(options);
  const folders = repositoryFolders(cacheFolder, id);
  if (!existsSync(folders.root)) throw notCached(text, cacheFolder);
  try {
    return await whileNobodyPulls(folders, id, async () => {
      const model = readModel(id, folders);
      if (!text.includes('@')) return removeAll(folders, model);
      const commits = commitsOf(model, revision);
      if (commits.length === 0) throw notCached(text, cacheFolder);
      if (commits.length > 1)
        throw new DataError(
          'ambiguous-revision',
          `Cannot remove ${text}: ${commits.length} commits in the cache start like that.`,
        );
      return model.revisions.length > 1
        ? removeRevision(folders, model, commits[0]!)
        : removeAll(folders, model);
    });
  } catch (error) {
    if (error instanceof MariaError) throw error;
    throw new MariaError('write-failed', ExitStatus.failed, `Cannot remove ${text}: ${fileFact(error)}.`, {
      cause: error,
    });
  }
}

function notCached(text: string, cacheFolder: string): DataError {
  return new DataError('not-cached', `Cannot remove ${text}: it is not in the cache ${cacheFolder}.`, {
    try: 'Name one of the models that are there.',
  });
}

function commitsOf({ revisions }: CachedModel, revision: string): string[] {
  const named = revisions.filter(({ refs, commit }) => refs.includes(revision) || commit === revision);
  const isPrefix = named.length === 0 && /^[0-9a-f]{7,39}$/.test(revision);
  const chosen = isPrefix ? revisions.filter(({ commit }) => commit.startsWith(revision)) : named;
  return chosen.map(({ commit }) => commit);
}

async function whileNobodyPulls<T>(
  folders: RepositoryFolders,
  id: string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await lockFileNow(repositoryLock(folders));
  if (lock === 'held')
    throw new MariaError('in-use', ExitStatus.failed, `Cannot remove ${id}: another process is pulling it.`, {
      try: 'Run it again when the other one is done.',
    });
  try {
    return await work();
  } finally {
    if (lock !== 'unsupported') lock.release();
  }
}

async function removeRevision(
  folders: RepositoryFolders,
  model: CachedModel,
  commit: string,
): Promise<RemovedModel> {
  const gone = snapshotFolder(folders, commit);
  const others = model.revisions.filter((revision) => revision.commit !== commit);
  const kept = new Set(others.flatMap(({ folder }) => filesOfSnapshot(folder).map(({ blob }) => blob)));
  const blobFolder = realpathSync(folders.blobs);
  const blobs = filesOfSnapshot(gone)
    .map(({ blob }) => blob)
    // A file of another place that somebody linked into the snapshot is not ours to remove.
    .filter((blob) => !kept.has(blob) && dirname(blob) === blobFolder);
  // What names the snapshot goes before what it is made of: a removal that is cut short leaves nothing that looks whole.
  for (const [ref, at] of readRefs(folders.refs)) if (at === commit) await rm(join(folders.refs, ref));
  await rm(gone, { recursive: true });
  let freed = 0;
  for (const blob of new Set(blobs)) {
    const size = sizeOf(blob) ?? 0;
    await rm(blob, { force: true });
    freed += size;
  }
  return { id: model.id, commits: [commit], freed, remaining: others.length };
}

async function removeAll(folders: RepositoryFolders, model: CachedModel): Promise<RemovedModel> {
  for (const folder of [folders.refs, folders.snapshots, folders.root])
    await rm(folder, { recursive: true, force: true });
  await rm(folders.locks, { recursive: true, force: true });
  return {
    id: model.id,
    commits: model.revisions.map(({ commit }) => commit),
    freed: model.size,
    remaining: 0,
  };
}
