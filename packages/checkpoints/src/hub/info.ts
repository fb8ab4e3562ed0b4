// Describes a model without opening its weights: from a folder or the cache, or from the Hub without pulling it.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DataError, parseJson } from '@maria/core';
import { readInto, withFile } from '../weights/file-range.js';
import { type JsonObject, readJsonObject } from '../weights/json-file.js';
import { repositoryFolders, sizeOf } from './cache-layout.js';
import { type ConfigSummary, summarizeConfig } from './config-summary.js';
import { readFileFacts } from './file-facts.js';
import { createHubClient, type HubClient } from './http.js';
import { badResponse, offlineError } from './hub-errors.js';
import { hubSettings } from './hub-settings.js';
import { licenceOfCard } from './model-card.js';
import { configFile, indexesToRead, neededFiles } from './needed-files.js';
import { isFolder, orNoSuchFolder, refuseFile } from './no-such-folder.js';
import { inParallel } from './parallel.js';
import { cachedSnapshot, type PullOptions } from './pull.js';
import { fileUrl, readContents, readText } from './repository-contents.js';
import { parseRepository, type Repository, repositoryName } from './repository-id.js';
import { filesOfSnapshot } from './snapshot.js';
import { longestCard, longestConfig } from './unannounced-length.js';

export interface ModelInfo {
  /** Where the facts are from: a folder of the user's, the cache, or the Hub. */
  readonly source: 'folder' | 'cache' | 'hub';
  /** Where the files are; undefined for a model that was not pulled. */
  readonly folder: string | undefined;
  /** Undefined for a folder. */
  readonly repository: (Repository & { readonly commit: string }) | undefined;
  readonly config: ConfigSummary;
  /** As the model card has it, for example "apache-2.0". */
  readonly licence: string | undefined;
  readonly files: readonly ModelFile[];
  /** Bytes of the needed files whose length is known. */
  readonly size: number;
  /** Why maria cannot use it, as a sentence; undefined if nothing speaks against it. */
  readonly problem: string | undefined;
}

export interface ModelFile {
  readonly name: string;
  /** Bytes; undefined for a file on the Hub that is not needed. */
  readonly size: number | undefined;
  /** Whether a pull brings it. */
  readonly needed: boolean;
}

const readmeFile = 'README.md';
const questionsAtOnce = 8;

/**
 * Facts of a model folder or of `ID[@REVISION]`. A revision that is in the cache is described from there without a request.
 * @throws UsageError, DataError, NetworkError as `resolveModel` does
 */
export async function modelInfo(text: string, options: PullOptions = {}): Promise<ModelInfo> {
  if (isFolder(text)) {
    const files = readdirSync(text).map((name) => ({ name, size: sizeOf(join(text, name)) }));
    return localInfo(
      'folder',
      resolve(text),
      undefined,
      files.filter(({ size }) => size !== undefined),
    );
  }
  refuseFile(text);
  const repository = parseRepository(text, options.revision);
  const settings = hubSettings(options);
  const here = cachedSnapshot(repositoryFolders(settings.cacheFolder, repository.id), repository);
  if (here.folder !== undefined)
    return localInfo(
      'cache',
      here.folder,
      { ...repository, commit: here.commit },
      filesOfSnapshot(here.folder),
    );
  try {
    if (settings.offline) throw offlineError(repositoryName(repository), here.missing);
    return await remoteInfo(createHubClient(settings, options), repository, options.signal);
  } catch (error) {
    throw orNoSuchFolder(error, text);
  }
}

function localInfo(
  source: 'folder' | 'cache',
  folder: string,
  repository: ModelInfo['repository'],
  files: readonly { readonly name: string; readonly size: number | undefined }[],
): ModelInfo {
  const read = (name: string) => readJsonObject(join(folder, name));
  const names = files.map(({ name }) => name);
  const config = read(configFile);
  const { needed, problem } = chosen(folder, names, config, read);
  const card = names.includes(readmeFile) ? readCardOf(join(folder, readmeFile)) : '';
  return {
    source,
    folder,
    repository,
    config: summarizeConfig(config),
    licence: licenceOfCard(card),
    ...sized(files.map(({ name, size }) => ({ name, size, needed: needed.has(name) }))),
    problem,
  };
}

/** The start of a model card, whatever its length. */
function readCardOf(file: string): string {
  return withFile(file, (descriptor, size) => {
    const bytes = new Uint8Array(Math.min(size, longestCard));
    readInto(file, descriptor, bytes, 0);
    return Buffer.from(bytes).toString('utf8');
  });
}

async function remoteInfo(
  client: HubClient,
  repository: Repository,
  signal: AbortSignal | undefined,
): Promise<ModelInfo> {
  const { id } = repository;
  const name = repositoryName(repository);
  const what = `describe ${name}`;
  const { commit, files, licence } = await readContents(client, repository, what, signal);
  const text = (file: string, most: number) =>
    readText(client, { url: fileUrl(client.endpoint, id, commit, file), what, id, signal }, most);
  const json = async (file: string) => parseObject(await text(file, longestConfig), what, file);

  const config = files.includes(configFile) ? await json(configFile) : {};
  const indexes = new Map<string, JsonObject>();
  for (const file of indexesToRead(name, files, config)) indexes.set(file, await json(file));
  const { needed, problem } = chosen(name, files, config, (file) => indexes.get(file)!);
  const sizes = new Map(
    await inParallel([...needed], questionsAtOnce, signal, async (file, either) => {
      const { size } = await readFileFacts(client, { id, commit, file }, what, either);
      return [file, size] as const;
    }),
  );
  const readCard = async () =>
    files.includes(readmeFile) ? licenceOfCard(await text(readmeFile, longestCard)) : undefined;
  return {
    source: 'hub',
    folder: undefined,
    repository: { ...repository, commit },
    config: summarizeConfig(config),
    licence: licence ?? (await readCard()),
    ...sized(files.map((file) => ({ name: file, size: sizes.get(file), needed: needed.has(file) }))),
    problem,
  };
}

function chosen(...[name, files, config, readIndex]: Parameters<typeof neededFiles>) {
  try {
    return { needed: new Set(neededFiles(name, files, config, readIndex)), problem: undefined };
  } catch (error) {
    if (error instanceof DataError) return { needed: new Set<string>(), problem: error.message };
    throw error;
  }
}

/** The needed files first, and what they sum to. */
function sized(all: readonly ModelFile[]) {
  const files = [...all].sort((a, b) => Number(b.needed) - Number(a.needed));
  return { files, size: files.reduce((sum, { size, needed }) => sum + (needed ? (size ?? 0) : 0), 0) };
}

function parseObject(text: string, what: string, file: string): JsonObject {
  try {
    const value: unknown = parseJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    throw badResponse(what, `${file} is not valid JSON`, error);
  }
  throw badResponse(what, `${file} holds no JSON object`);
}
