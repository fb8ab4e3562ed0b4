// Brings a model from the Hub into the cache.
import { join } from 'node:path';
import { DataError, ExitStatus, MariaError } from '@maria/core';
import { fileFact } from '../weights/file-errors.js';
import { readJsonObject } from '../weights/json-file.js';
import {
  cachedCommit,
  type RepositoryFolders,
  repositoryFolders,
  sizeOf,
  snapshotFolder,
} from './cache-layout.js';
import { hasContents, hashInCache } from './cached-file.js';
import { createHubClient, type Patience } from './http.js';
import { offlineError } from './hub-errors.js';
import { type HubOptions, hubSettings } from './hub-settings.js';
import { configFile, indexesToRead, neededFiles } from './needed-files.js';
import { pullFiles } from './pull-files.js';
import { ProgressSum, type PullProgress } from './pull-progress.js';
import { isCommit, parseRepository, type Repository, repositoryName } from './repository-id.js';
import { filesOfSnapshot, missingFrom, tokenizerMissingFrom } from './snapshot.js';

export interface PullOptions extends HubOptions {
  /** Revision where the text names none. @default 'main' */
  revision?: string;
  signal?: AbortSignal;
  /** Called as bytes arrive, about every quarter of a MiB, and when a file is whole. */
  onProgress?: (progress: PullProgress) => void;
  /** Brings only what the tokenizer of the model is made of, no weights. @default false */
  tokenizerOnly?: boolean;
  /** Compare all files of the cache with their hashes, also the large ones, whose sizes alone are compared else. @default false */
  verify?: boolean;
  /** Hears what has to be waited for, which files were damaged in the cache, and which could not be checked. */
  onNote?: (message: string) => void;
  /** When to give up. @default 5 tries, waits from 0.5 s to 8 s, 60 s of silence */
  patience?: Patience;
}

export interface PulledModel {
  readonly id: string;
  readonly revision: string;
  readonly commit: string;
  /** The folder to open the model from. */
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly size: number }[];
  /** Bytes that this call received; 0 if all was there. */
  readonly received: number;
}

/**
 * Brings what maria needs of `ID[@REVISION]` into the cache: a branch or a tag as it is now, a commit only if it is not there.
 * Offline, it finds what is there.
 * @throws UsageError for a bad id or revision
 * @throws NetworkError: no such repository or revision, no access, unreachable, damaged on the way, or offline and not here
 * @throws DataError if the repository has no weights that maria reads
 * @throws MariaError `disk-full`, `write-failed`; InterruptedError
 */
export async function pullModel(text: string, options: PullOptions = {}): Promise<PulledModel> {
  const repository = parseRepository(text, options.revision);
  const settings = hubSettings(options);
  const folders = repositoryFolders(settings.cacheFolder, repository.id);
  if (settings.offline || isCommit(repository.revision)) {
    const here = cachedSnapshot(folders, repository, options);
    const damaged = here.folder === undefined ? undefined : await damagedFile(here.folder, options);
    if (here.folder !== undefined && damaged === undefined) {
      const names = filesOfSnapshot(here.folder).map(({ name }) => name);
      return describe(repository, { ...here, names, received: 0 });
    }
    if (settings.offline)
      throw offlineError(
        repositoryName(repository),
        here.folder === undefined ? here.missing : `${damaged} in the cache is damaged`,
      );
  }
  const what = `pull ${repositoryName(repository)}`;
  const { signal, onProgress, onNote, verify = false, tokenizerOnly = false } = options;
  const client = createHubClient(settings, options);
  try {
    const progress = new ProgressSum(onProgress);
    const onWait = oncePerValue((doing: string) =>
      onNote?.(`Waiting for another process that ${doing} ${repository.id}.`),
    );
    return describe(
      repository,
      await pullFiles({
        client,
        folders,
        repository,
        what,
        tokenizerOnly,
        signal,
        verify,
        progress,
        onWait,
        onNote: (message) => onNote?.(message),
      }),
    );
  } catch (error) {
    if (error instanceof MariaError) throw error;
    throw new MariaError(
      'write-failed',
      ExitStatus.failed,
      `Cannot ${what}: writing to ${folders.root} failed: ${fileFact(error)}.`,
      { try: 'Set HF_HUB_CACHE to another folder.', cause: error },
    );
  }
}

/** The first needed file of a snapshot that is not what was downloaded, as far as that can be told without the network. */
async function damagedFile(
  folder: string,
  { verify = false, signal }: PullOptions,
): Promise<string | undefined> {
  const firstDamaged = async (names: readonly string[]) => {
    for (const name of names) {
      const file = join(folder, name);
      if (!(await hasContents(file, { hash: hashInCache(file) }, { verify, signal }))) return name;
    }
    return undefined;
  };
  const names = filesOfSnapshot(folder).map(({ name }) => name);
  const read = (file: string) => readJsonObject(join(folder, file));
  const damaged = await firstDamaged([configFile]);
  if (damaged !== undefined) return damaged;
  // Other tools bring files that are not needed here, and may bring fewer than are.
  try {
    const config = read(configFile);
    const damagedIndex = await firstDamaged(indexesToRead(folder, names, config));
    return damagedIndex ?? (await firstDamaged(neededFiles(folder, names, config, read)));
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

function oncePerValue<T>(tell: (value: T) => void): (value: T) => void {
  const told = new Set<T>();
  return (value) => {
    if (told.has(value)) return;
    told.add(value);
    tell(value);
  };
}

type CachedSnapshot =
  | { readonly commit: string; readonly folder: string }
  | { readonly folder: undefined; readonly missing: string };

/** The snapshot of a revision, if all of it is in the cache, or all of its tokenizer, where nothing else is asked for. */
export function cachedSnapshot(
  folders: RepositoryFolders,
  { revision }: Repository,
  { tokenizerOnly = false }: Pick<PullOptions, 'tokenizerOnly'> = {},
): CachedSnapshot {
  const commit = cachedCommit(folders, revision);
  if (commit === undefined) return { folder: undefined, missing: 'it is not in the cache' };
  const folder = snapshotFolder(folders, commit);
  const missing = (tokenizerOnly ? tokenizerMissingFrom : missingFrom)(folder);
  return missing === undefined
    ? { commit, folder }
    : { folder: undefined, missing: `the cache lacks ${missing}` };
}

interface Snapshot {
  readonly commit: string;
  readonly folder: string;
  readonly names: readonly string[];
  readonly received: number;
}

function describe({ id, revision }: Repository, { commit, folder, names, received }: Snapshot): PulledModel {
  const files = names.map((name) => ({ name, size: sizeOf(join(folder, name)) ?? 0 }));
  return { id, revision, commit, folder, files, received };
}
