// Brings the needed files of one commit into the cache: small ones first, for they say which large ones are needed.
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import { DataError, ExitStatus, MariaError } from '@maria/core';
import { readJsonObject } from '../weights/json-file.js';
import { makeFolder } from '../weights/make-folder.js';
import { quote } from '../weights/quote.js';
import {
  incompleteSuffix,
  linkBlob,
  pathOfFile,
  type RepositoryFolders,
  repositoryLock,
  sizeOf,
  snapshotFolder,
  writeRef,
} from './cache-layout.js';
import { forget, hasContents, hashInCache, type KnownContents } from './cached-file.js';
import { downloadBlob } from './download.js';
import { type FileFacts, readFileFacts } from './file-facts.js';
import { lockFile } from './file-lock.js';
import type { HubClient } from './http.js';
import { badResponse } from './hub-errors.js';
import {
  configFile,
  indexesToRead,
  isWeights,
  neededFiles,
  requireReadableTokenizer,
  tokenizerFiles,
} from './needed-files.js';
import { inParallel } from './parallel.js';
import type { ProgressSum } from './pull-progress.js';
import { readContents } from './repository-contents.js';
import { type Repository, repositoryName } from './repository-id.js';

export interface PullJob {
  readonly client: HubClient;
  readonly folders: RepositoryFolders;
  readonly repository: Repository;
  /** What it is for, after "Cannot" in messages. */
  readonly what: string;
  /** Only what its tokenizer is made of. */
  readonly tokenizerOnly: boolean;
  readonly signal: AbortSignal | undefined;
  /** Hash all files of the cache, however large. */
  readonly verify: boolean;
  readonly progress: ProgressSum;
  /** Hears, now and then, what another process does that has to be waited for. */
  readonly onWait: (doing: 'downloads' | 'removes') => void;
  readonly onNote: (message: string) => void;
}

export interface PulledFiles {
  readonly commit: string;
  readonly folder: string;
  readonly names: readonly string[];
  /** Bytes received. */
  readonly received: number;
}

const questionsAtOnce = 8;
/** One connection rarely fills the line to a CDN; many slow each other down. */
const downloadsAtOnce = 4;

/** @throws NetworkError, DataError, MariaError `disk-full`, InterruptedError, and errors of the file system */
export async function pullFiles(job: PullJob): Promise<PulledFiles> {
  const { client, folders, repository, what, signal } = job;
  const { commit, files } = await readContents(client, repository, what, signal);
  if (!files.includes(configFile))
    throw new DataError('missing-model-file', `Cannot ${what}: the repository has no ${configFile}.`, {
      try: 'Give the id of a model in the format of transformers.',
    });
  // A removal in the meantime would take away blobs that are about to be linked.
  const onWait = () => job.onWait('removes');
  const lock = await lockFile(repositoryLock(folders), { mode: 'shared', signal, onWait });
  try {
    makeFolder(folders.blobs);
    return await pullCommit(job, commit, files);
  } finally {
    lock?.release();
  }
}

async function pullCommit(job: PullJob, commit: string, files: readonly string[]): Promise<PulledFiles> {
  const { folders, repository } = job;
  const folder = snapshotFolder(folders, commit);
  const name = repositoryName(repository);
  const config = await bringFiles(job, commit, [configFile]);
  const configObject = readJsonObject(config.blobs.get(configFile)!);
  const indexNames = job.tokenizerOnly ? [] : indexesToRead(name, files, configObject);
  const indexes = await bringFiles(job, commit, indexNames);
  // Before the shards: without its index, a snapshot of some of them would look whole.
  await linkFiles(folder, indexes);
  const readIndex = (file: string) => readJsonObject(indexes.blobs.get(file)!);
  const names = job.tokenizerOnly
    ? tokenizerFiles(name, files)
    : neededFiles(name, files, configObject, readIndex);
  const asFolders = new Set(names.map((name) => dirname(name)));
  const both = names.find((name) => asFolders.has(name));
  if (both !== undefined)
    throw badResponse(job.what, `the repository has ${quote(both)} both as a file and as a folder`);
  const others = names.filter((file) => !config.blobs.has(file) && !indexes.blobs.has(file));
  const small = await bringFiles(
    job,
    commit,
    others.filter((file) => !isWeights(file)),
  );
  const readSmall = (file: string) => {
    const blob = small.blobs.get(file);
    return blob === undefined ? {} : readJsonObject(blob);
  };
  requireReadableTokenizer(names, configObject, readSmall);
  const weights = await bringFiles(job, commit, others.filter(isWeights));
  await linkFiles(folder, small);
  await linkFiles(folder, weights);
  // Last: where it is there, all is that was asked for, and the revision can be used without a network.
  await linkFiles(folder, config);
  await writeRef(folders, repository, commit);
  const brought = [config, indexes, small, weights];
  const unchecked = brought.flatMap((some) => some.unchecked);
  if (unchecked.length > 0)
    job.onNote(
      `${job.client.endpoint.host} gives no hash of ${listed(unchecked)}: what arrived could not be checked.`,
    );
  return { commit, folder, names, received: brought.reduce((sum, { received }) => sum + received, 0) };
}

interface Brought {
  /** Where the contents of each file are. */
  readonly blobs: ReadonlyMap<string, string>;
  readonly received: number;
  /** Files that the server gives no hash of. */
  readonly unchecked: readonly string[];
}

function listed(names: readonly string[]): string {
  const most = 3;
  const shown = names.slice(0, most).join(', ');
  return names.length <= most ? shown : `${shown} and ${names.length - most} more`;
}

async function bringFiles(job: PullJob, commit: string, names: readonly string[]): Promise<Brought> {
  const { client, folders, repository, what, signal, verify, progress } = job;
  const folder = snapshotFolder(folders, commit);
  const blobs = new Map<string, string>();
  const asked: string[] = [];
  const keepIfWhole = async (name: string, contents: KnownContents) => {
    const file = pathOfFile(folder, name);
    if (await hasContents(file, contents, { verify, signal })) return void blobs.set(name, file);
    job.onNote(`${name} in the cache is damaged: it is downloaded again.`);
    await forget(file, folders);
  };
  for (const name of names) {
    const file = pathOfFile(folder, name);
    const hash = sizeOf(file) === undefined ? undefined : hashInCache(file);
    if (hash) await keepIfWhole(name, { hash });
    if (!blobs.has(name)) asked.push(name);
  }
  const told = await inParallel(asked, questionsAtOnce, signal, async (file, either) => {
    const remote = { id: repository.id, commit, file };
    return { remote, facts: await readFileFacts(client, remote, what, either) };
  });
  for (const { remote, facts } of told)
    if (sizeOf(pathOfFile(folder, remote.file)) !== undefined) await keepIfWhole(remote.file, facts);
  const missing = told.filter(({ remote }) => !blobs.has(remote.file));
  await checkSpace(
    folders,
    what,
    missing.map(({ facts }) => facts),
  );
  for (const { remote, facts } of missing) progress.expect(remote.file, facts.size);
  const received = await inParallel(missing, downloadsAtOnce, signal, ({ remote, facts }, either) =>
    downloadBlob({
      client,
      folders,
      remote,
      facts,
      what,
      verify,
      signal: either,
      onBytes: (bytes) => progress.at(remote.file, bytes),
      onWait: () => job.onWait('downloads'),
    }),
  );
  for (const { remote, facts } of missing) blobs.set(remote.file, join(folders.blobs, facts.blob));
  return {
    blobs,
    received: received.reduce((sum, bytes) => sum + bytes, 0),
    unchecked: missing.flatMap(({ remote, facts }) => (facts.hash ? [] : [remote.file])),
  };
}

async function linkFiles(folder: string, { blobs }: Brought): Promise<void> {
  for (const [name, blob] of blobs) {
    const file = pathOfFile(folder, name);
    if (file !== blob) await linkBlob(file, blob);
  }
}

/** Too little space is better told before an hour of download than after it. */
async function checkSpace(
  { blobs, root }: RepositoryFolders,
  what: string,
  facts: readonly FileFacts[],
): Promise<void> {
  let needed = 0;
  for (const { blob: name, size = 0 } of facts) {
    const blob = join(blobs, name);
    if (sizeOf(blob) !== size) needed += Math.max(0, size - (sizeOf(`${blob}${incompleteSuffix}`) ?? 0));
  }
  // Where the system cannot tell, the write itself will.
  const space = await statfs(blobs).catch(() => undefined);
  const free = space ? space.bavail * space.bsize : Number.POSITIVE_INFINITY;
  if (needed <= free) return;
  const readable = (bytes: number) =>
    bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new MariaError(
    'disk-full',
    ExitStatus.failed,
    `Cannot ${what}: it needs ${readable(needed)} in ${root}, where ${readable(free)} are free.`,
    { try: 'Free some space, or set HF_HUB_CACHE to another folder.', facts: { cache: 'hub' } },
  );
}
