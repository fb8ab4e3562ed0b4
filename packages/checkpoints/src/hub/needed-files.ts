// Which files of a repository maria needs. The others are the same weights in other formats, or code, which is never fetched.
import { basename } from 'node:path/posix';
import { DataError, isSeddConfig } from '@maria/core';
import { tokenizerClassOf } from '../tokenizers/tokenizer-class.js';
import { modelTypeOf, parseTokenizer } from '../tokenizers/tokenizer-json.js';
import { requireKnownClass } from '../tokenizers/vocabulary-files.js';
import { torchFile } from '../weights/checkpoint.js';
import type { JsonObject } from '../weights/json-file.js';
import { quote } from '../weights/quote.js';

export const configFile = 'config.json';
export const singleFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';
const smallFiles = new Set([
  configFile,
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
]);
/** What a tokenizer is made of in repositories that have no tokenizer.json. */
const tokenizerParts = new Set(['vocab.json', 'merges.txt', 'vocab.txt']);
const papers = /^(?:readme\.md|licen[cs]e(?:\.txt|\.md)?|notice(?:\.txt|\.md)?)$/i;
/** Far more than there are; each costs a look at all files. */
const mostParts = 16;
/** The name of a shard, as an index may give it. */
const shardName = /^[^/\\:\0]+\.safetensors$/;

/** One folder of a repository: the names in it, without the folders below. */
interface Folder {
  /** '' or a path that ends with "/". */
  readonly path: string;
  readonly names: ReadonlySet<string>;
}

function folderOf(files: readonly string[], path: string): Folder {
  const inside = files.filter((file) => file.startsWith(path)).map((file) => file.slice(path.length));
  return { path, names: new Set(inside.filter((name) => !name.includes('/'))) };
}

/**
 * The folders that hold models: the root, and for a MARIA checkpoint those that bundle its backbones.
 * Other repositories have folders of the same weights for other programs.
 */
function modelFolders(name: string, files: readonly string[], config: JsonObject): Folder[] {
  const root = folderOf(files, '');
  if (config.model_type !== 'maria') return [root];
  const paths = files
    .filter((file) => file.endsWith(`/${configFile}`))
    .map((file) => file.slice(0, -configFile.length));
  if (paths.length > mostParts)
    throw new DataError(
      'model-parts',
      `Cannot use ${name}: ${paths.length} of its folders hold a model; a MARIA checkpoint has two backbones.`,
    );
  return [root, ...paths.map((path) => folderOf(files, path))];
}

/** The indexes that say which shards there are. @throws DataError for too many parts */
export function indexesToRead(name: string, files: readonly string[], config: JsonObject): string[] {
  return modelFolders(name, files, config)
    .filter(({ names }) => names.has(indexFile) && !names.has(singleFile))
    .map(({ path }) => `${path}${indexFile}`);
}

/**
 * The needed files, config.json first.
 * @param readIndex parses an index that `indexesToRead` named
 * @throws DataError if there are no weights or no tokenizer that maria reads, or shards are missing
 */
export function neededFiles(
  name: string,
  files: readonly string[],
  config: JsonObject,
  readIndex: (file: string) => JsonObject,
): string[] {
  const folders = modelFolders(name, files, config);
  const chosen = folders.flatMap((folder) => {
    const weights = weightsIn(name, folder, config, readIndex);
    return [...smallIn(folder), ...weights].map((file) => `${folder.path}${file}`);
  });
  if (!chosen.some(isWeights)) throw noWeights(name, files);
  const unreadable = folders.find(
    (folder) => holdsModel(folder) && !hasTokenizer(folder) && !isOwnHead(folder, config),
  );
  if (unreadable && !borrowsTokenizer(config)) throw noTokenizer(name, unreadable);
  return chosen.sort((a, b) => Number(b === configFile) - Number(a === configFile) || (a < b ? -1 : 1));
}

/** Those of a model whose tokenizer alone is used: config.json and the small files at the root. @throws DataError if there is no tokenizer */
export function tokenizerFiles(name: string, files: readonly string[]): string[] {
  const root = folderOf(files, '');
  if (!hasTokenizer(root)) throw noTokenizer(name, root);
  return smallIn(root);
}

function smallIn({ names }: Folder): string[] {
  return [...names].filter(
    (file) =>
      smallFiles.has(file) || papers.test(file) || (!names.has('tokenizer.json') && tokenizerParts.has(file)),
  );
}

/** Whether files at the root are those of a tokenizer. */
export function haveTokenizer(files: readonly string[]): boolean {
  return hasTokenizer(folderOf(files, ''));
}

function weightsIn(
  name: string,
  { path, names }: Folder,
  config: JsonObject,
  readIndex: (file: string) => JsonObject,
): string[] {
  const all = [...names].filter((file) => file.endsWith('.safetensors'));
  if (names.has(indexFile) && !names.has(singleFile)) {
    const shards = shardsOf(name, `${path}${indexFile}`, readIndex(`${path}${indexFile}`));
    const missing = shards.find((shard) => !names.has(shard));
    if (missing !== undefined)
      throw new DataError(
        'missing-model-file',
        `Cannot use ${name}: its ${indexFile} names ${quote(missing)}, which the repository does not have.`,
      );
    // A MARIA checkpoint may have its head in a file of its own.
    return [indexFile, ...(config.model_type === 'maria' && path === '' ? all : shards)];
  }
  if (all.length === 0 && names.has(torchFile)) return [torchFile];
  return names.has(singleFile) && config.model_type !== 'maria' ? [singleFile] : all;
}

/** @throws DataError if the index names no shards, or files elsewhere */
export function shardsOf(name: string, file: string, index: JsonObject): string[] {
  const map = index.weight_map;
  const shards: unknown[] = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : [];
  if (shards.length === 0 || !shards.every((shard) => typeof shard === 'string' && shardName.test(shard)))
    throw new DataError(
      'bad-safetensors-index',
      `Cannot use ${name}: the weight_map of its ${file} does not name .safetensors files in the same folder.`,
    );
  return shards as string[];
}

export function isWeights(file: string): boolean {
  return file.endsWith('.safetensors') || basename(file) === torchFile;
}

/** MDLM and SEDD are published without a tokenizer: theirs is that of GPT-2. */
function borrowsTokenizer(config: JsonObject): boolean {
  return config.model_type === 'mdlm' || isSeddConfig(config);
}

function holdsModel({ names }: Folder): boolean {
  return [...names].some(isWeights);
}

function hasTokenizer({ names }: Folder): boolean {
  return (
    names.has('tokenizer.json') ||
    names.has('vocab.txt') ||
    (names.has('vocab.json') && names.has('merges.txt'))
  );
}

/** The root of a MARIA checkpoint in maria's own layout, which reads the tokenizers of its backbones. */
function isOwnHead({ path }: Folder, config: JsonObject): boolean {
  return path === '' && config.model_type === 'maria' && config.maria_version !== undefined;
}

/** Told before the weights are fetched: nothing can be done without one. */
function noTokenizer(name: string, { path, names }: Folder): DataError {
  const other = [...names].find((file) => /^(?:.*\.model|tekken\.json|vocab\.json|merges\.txt)$/.test(file));
  return new DataError(
    'missing-tokenizer',
    `Cannot use ${name}: ${path === '' ? 'it' : `its folder ${quote(path)}`} has no tokenizer.json, no vocab.json with merges.txt and no vocab.txt${other ? `, only ${quote(other)}` : ''}.`,
    {
      try: 'Look for a revision or a conversion that has a tokenizer.json; transformers writes one when it saves the tokenizer.',
    },
  );
}

/**
 * What can be told before the weights are fetched: a tokenizer.json is one, and a tokenizer in parts is read by its class, which
 * the small files name.
 * @param readJson one of the needed files, or {} where there is none
 * @throws DataError `bad-tokenizer`, `tokenizer-class`, or as `readJson`
 */
export function requireReadableTokenizer(
  needed: readonly string[],
  config: JsonObject,
  readJson: (file: string) => JsonObject,
): void {
  for (const file of needed.filter((name) => basename(name) === 'tokenizer.json'))
    modelTypeOf(parseTokenizer(readJson(file)).model);
  const root = folderOf(needed, '');
  if (root.names.has('tokenizer.json') || !hasTokenizer(root)) return;
  const forms = {
    merges: root.names.has('vocab.json') && root.names.has('merges.txt'),
    wordPieces: root.names.has('vocab.txt'),
  };
  requireKnownClass(forms, tokenizerClassOf(readJson('tokenizer_config.json'), config));
}

function noWeights(name: string, files: readonly string[]): DataError {
  const other = files.find((file) => /\.(?:bin|pth?|ckpt|h5|msgpack|ot|gguf|onnx)$/i.test(file));
  return new DataError(
    'no-safetensors',
    `Cannot use ${name}: it has no .safetensors weights and no ${torchFile}${other ? `, only others such as ${quote(other)}` : ''}.`,
    {
      try: 'Look for a revision that has them; conversions are often offered as pull requests, ID@refs/pr/N.',
    },
  );
}
