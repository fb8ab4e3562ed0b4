// Brings the needed files of one commit into the cache: small ones first, for they say which large ones are needed.
import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, ExitStatus, MariaError } from '@maria/core';
import { readJsonObject } from '../weights/json-file.js';
import {
  blobName,
  incompleteSuffix,
  linkBlob,
  pathOfFile,
  type RepositoryFolders,
  repositoryLock,
  sizeOf,
  snapshotFolder,
  writeRef,
} from './cache-layout.js';
import { downloadBlob } from './download.js';
import { type FileFacts, readFileFacts } from './file-facts.js';
import { lockFile } from './file-lock.js';
import type { HubClient } from './http.js';
import { configFile, indexesToRead, neededFiles, requireReadableTokenizer } from './needed-files.js';
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
  readonly signal: AbortSignal | undefined;
  readonly progress: ProgressSum;
  /** Hears, now and then, what another process does that has to be waited for. */
  readonly onWait: (doing: 'downloads' | 'removes') => void;
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
    await mkdir(folders.blobs, { recursive: true });
    return await pullCommit(job, commit, files);
  } finally {
    lock?.release();
  }
}

async function pullCommit(job: PullJob, commit: string, files: readonly string[]): Promise<PulledFiles> {
  const { folders, repository } = job;
  const folder = snapshotFolder(folders, commit);
  const config = await bringFiles(job, commit, [configFile]);
  const configObject = readJsonObject(config.blobs.get(configFile)!);
  const indexes = await bringFiles(job, commit, indexesToRead(files, configObject));
  // Before the shards: without its index, a snapshot of some of them would look whole.
  await linkFiles(folder, indexes);
  const readIndex = (file: string) => readJsonObject(indexes.blobs.get(file)!);
  const names = neededFiles(repositoryName(repository), files, configObject, readIndex);
  const others = names.filter((file) => !config.blobs.has(file) && !indexes.blobs.has(file));
  const isWeights = (file: string) => file.endsWith('.safetensors');
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
  // Last: where it is there, all is, and the revision can be used without a network.
  await linkFiles(folder, config);
  await writeRef(folders, repository, commit);
  const brought = [config, indexes, small, weights];
  return { commit, folder, names, received: brought.reduce((sum, { received }) => sum + received, 0) };
}

interface Brought {
  /** Where the contents of each file are. */
  readonly blobs: ReadonlyMap<string, string>;
  readonly received: number;
}

async function bringFiles(job: PullJob, commit: string, names: readonly string[]): Promise<Brought> {
  const { client, folders, repository, what, signal, progress } = job;
  const folder = snapshotFolder(folders, commit);
  const blobs = new Map<string, string>();
  const missing: string[] = [];
  for (const name of names) {
    const file = pathOfFile(folder, name);
    if (sizeOf(file) === undefined) missing.push(name);
    else blobs.set(name, file);
  }
  const remotes = missing.map((file) => ({ id: repository.id, commit, file }));
  const facts = await inParallel(remotes, questionsAtOnce, signal, (remote, either) =>
    readFileFacts(client, remote, what, either),
  );
  await checkSpace(folders, what, facts);
  for (const [at, name] of missing.entries()) progress.expect(name, facts[at]!.size);
  const received = await inParallel([...remotes.entries()], downloadsAtOnce, signal, ([at, remote], either) =>
    downloadBlob({
      client,
      folders,
      remote,
      facts: facts[at]!,
      what,
      signal: either,
      onBytes: (bytes) => progress.at(remote.file, bytes),
      onWait: () => job.onWait('downloads'),
    }),
  );
  for (const [at, name] of missing.entries()) blobs.set(name, join(folders.blobs, blobName(facts[at]!.etag)));
  return { blobs, received: received.reduce((sum, bytes) => sum + bytes, 0) };
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
  for (const { etag, size = 0 } of facts) {
    const blob = join(blobs, blobName(etag));
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
