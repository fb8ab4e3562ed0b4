// Where things lie in the cache that all tools of the Hub share:
//   models--OWNER--NAME/blobs/ETAG                 contents, named by what identifies them
//   models--OWNER--NAME/refs/REVISION              the commit that a branch or tag was last seen at
//   models--OWNER--NAME/snapshots/COMMIT/FILE      links into blobs, relative so that the cache can be moved
//   .locks/models--OWNER--NAME/ETAG.lock           locked while a blob is being written
// (huggingface.co/docs/hub/local-cache)
import { constants, readFileSync, statSync } from 'node:fs';
import { copyFile, link, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { NetworkError } from '@maria/core';
import { temporaryName, writeFileAtomically } from '../weights/atomic-write.js';
import { makeFolder } from '../weights/make-folder.js';
import { quote } from '../weights/quote.js';
import { isCommit, isRepositoryId, type Repository } from './repository-id.js';

export interface RepositoryFolders {
  readonly root: string;
  readonly blobs: string;
  readonly refs: string;
  readonly snapshots: string;
  readonly locks: string;
}

const prefix = 'models--';
export const incompleteSuffix = '.incomplete';

export function repositoryFolders(cacheFolder: string, id: string): RepositoryFolders {
  const name = `${prefix}${id.replace('/', '--')}`;
  const root = join(cacheFolder, name);
  return {
    root,
    blobs: join(root, 'blobs'),
    refs: join(root, 'refs'),
    snapshots: join(root, 'snapshots'),
    locks: join(cacheFolder, '.locks', name),
  };
}

/** The id of the repository that a folder of the cache is for; undefined if it is for none, or not for a model. */
export function idOfFolder(name: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const id = name.slice(prefix.length).replace('--', '/');
  return isRepositoryId(id) ? id : undefined;
}

/** The repository and the commit of which a folder is the snapshot; undefined if it is none. */
export function snapshotAt(folder: string): { readonly id: string; readonly commit: string } | undefined {
  const [root, snapshots, commit = ''] = folder.split(/[\\/]/).slice(-3);
  const id = snapshots === 'snapshots' ? idOfFolder(root ?? '') : undefined;
  return id !== undefined && isCommit(commit) ? { id, commit } : undefined;
}

export function snapshotFolder({ snapshots }: RepositoryFolders, commit: string): string {
  return join(snapshots, commit);
}

/** The commit of a revision as far as the cache knows it; its snapshot need not be there. */
export function cachedCommit({ refs }: RepositoryFolders, revision: string): string | undefined {
  if (isCommit(revision)) return revision;
  try {
    const commit = readFileSync(join(refs, revision), 'utf8').trim();
    return isCommit(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** Records where a branch or tag is. */
export async function writeRef(
  { refs }: RepositoryFolders,
  { revision }: Repository,
  commit: string,
): Promise<void> {
  if (isCommit(revision)) return;
  const file = join(refs, revision);
  makeFolder(dirname(file));
  await writeFileAtomically(file, [Buffer.from(commit)]);
}

/** The lock of a whole repository: shared by those who add to it, exclusive for those who remove from it. */
export function repositoryLock({ locks }: RepositoryFolders): string {
  return join(locks, 'maria-repository.lock');
}

/** Where a file of the repository lies below `folder`. @throws NetworkError if its name leads elsewhere */
export function pathOfFile(folder: string, name: string): string {
  const parts = name.split('/');
  const safe = parts.every(
    (part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\p{Cc}]/u.test(part),
  );
  if (!safe)
    throw new NetworkError(
      'bad-response',
      `Cannot take the file ${quote(name)} of the repository: its name is not a plain relative path.`,
    );
  return join(folder, ...parts);
}

/**
 * Makes `file` of a snapshot stand for the blob. Where links need a privilege (Windows), it is a second name of the same file;
 * where there are none at all, a copy of it.
 */
export async function linkBlob(file: string, blob: string): Promise<void> {
  const target = relative(dirname(file), blob);
  if ((await readlink(file).catch(() => undefined)) === target) return;
  makeFolder(dirname(file));
  await rm(file, { force: true });
  try {
    await symlink(target, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster: it links to the same blob, for a commit never changes.
    if (code === 'EEXIST') return;
    if (!isWithoutLinks(code)) throw error;
    try {
      await link(blob, file);
    } catch (error) {
      if (!isWithoutLinks((error as NodeJS.ErrnoException).code)) throw error;
      await copyBlob(file, blob);
    }
  }
}

function isWithoutLinks(code: string | undefined): boolean {
  return ['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EOPNOTSUPP'].includes(code ?? '');
}

/** The copy appears whole or not at all, and shares the blob's blocks where the file system can do that. */
async function copyBlob(file: string, blob: string): Promise<void> {
  const temporary = join(dirname(file), temporaryName(basename(file)));
  try {
    await copyFile(blob, temporary, constants.COPYFILE_FICLONE);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Bytes of a file, links followed; undefined if there is none. */
export function sizeOf(file: string): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : undefined;
}
