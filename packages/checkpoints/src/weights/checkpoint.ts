// Opens a model folder as Hugging Face lays it out: config.json, .safetensors (one file or shards), tokenizer files.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { atOnce, DataError } from '@maria/core';
import { fileFact } from './file-errors.js';
import { type JsonObject, readingJsonObject } from './json-file.js';
import { openSafetensors } from './safetensors.js';
import { openShardedSafetensors } from './sharded-safetensors.js';
import type { StoredTensors } from './stored-tensors.js';
import { readTextIfPresent } from './text-file.js';

export interface Checkpoint {
  readonly folder: string;
  /** config.json; each model family checks what it needs of it. */
  readonly config: JsonObject;
  readonly weights: StoredTensors;
  /** tokenizer.json */
  readonly tokenizer: JsonObject | undefined;
  /** tokenizer_config.json */
  readonly tokenizerConfig: JsonObject | undefined;
  /** special_tokens_map.json */
  readonly specialTokensMap: JsonObject | undefined;
  /** added_tokens.json */
  readonly addedTokens: JsonObject | undefined;
  /** vocab.json, merges.txt and vocab.txt, which older folders have in place of tokenizer.json. */
  readonly vocab: JsonObject | undefined;
  readonly merges: string | undefined;
  readonly wordPieces: string | undefined;
}

export interface OpenCheckpointOptions {
  /** Name of the weights' file before ".safetensors": `head` for the head of a MARIA checkpoint. @default 'model' */
  weights?: string;
  /** Weights that are open already: those of another format, as `convertedWeights` opens them. */
  opened?: StoredTensors;
}

/** The files that a tokenizer is read from. */
export type TokenizerFilesOf = Omit<Checkpoint, 'folder' | 'config' | 'weights'>;

const maxConfigBytes = 16_000_000;
const folderWith = (weights: string) =>
  `Give a folder that holds config.json, ${weights} and tokenizer.json.`;
const expected = folderWith('model.safetensors');

function missing(folder: string, fact: string, hint = expected): DataError {
  return new DataError('missing-model-file', `Cannot open the model in ${folder}: ${fact}.`, { try: hint });
}

/** Weights in PyTorch's own format. */
export const torchFile = 'pytorch_model.bin';

/** Beside the weights of an adapter, as LoRA's. */
export const adapterFile = 'adapter_config.json';

function onlyAdapter(folder: string): DataError {
  return missing(
    folder,
    `it holds an adapter (${adapterFile}) and no model`,
    'Merge the adapter into its base model, and give the folder of that.',
  );
}

function listFolder(folder: string): string[] {
  try {
    if (!statSync(folder).isDirectory())
      throw new DataError('missing-model', `Cannot open the model in ${folder}: it is not a folder.`, {
        try: expected,
      });
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError('missing-model', `Cannot open the model in ${folder}: ${fileFact(error)}.`, {
      try: expected,
      facts: { model: folder },
      cause: error,
    });
  }
}

/** One line of Python that writes the same model as safetensors. Only a plain class name is taken from the file. */
function conversion(folder: string, config: JsonObject): string {
  const architecture: unknown = Array.isArray(config.architectures) ? config.architectures[0] : undefined;
  const model =
    typeof architecture === 'string' && /^\w{1,80}$/.test(architecture) ? architecture : 'AutoModel';
  const path = JSON.stringify(folder).slice(1, -1).replaceAll("'", "\\'");
  return `python -c "from transformers import ${model} as M; M.from_pretrained('${path}').save_pretrained('${path}')"`;
}

function openWeights(
  folder: string,
  files: readonly string[],
  config: JsonObject,
  stem: string,
): StoredTensors {
  const single = `${stem}.safetensors`;
  const index = `${stem}.safetensors.index.json`;
  if (files.includes(single)) return openSafetensors(join(folder, single));
  if (files.includes(index)) return openShardedSafetensors(join(folder, index));
  const pickled = files.find((name) => /^pytorch_model.*\.bin$/.test(name));
  if (pickled)
    throw missing(
      folder,
      `it has ${pickled} and no ${single}${pickled === torchFile ? '' : `; of weights in PyTorch's own format maria reads one file, ${torchFile}, and no shards`}`,
      conversion(folder, config),
    );
  const others = files.filter((name) => name.endsWith('.safetensors'));
  if (files.includes(adapterFile)) throw onlyAdapter(folder);
  throw missing(
    folder,
    `it has no ${single}${others.length > 0 ? ` (only ${others.slice(0, 3).join(', ')})` : ''}`,
    folderWith(single),
  );
}

/** Whether the weights of a folder are a pytorch_model.bin: what is there as .safetensors comes first. */
export function hasTorchWeightsOnly(folder: string): boolean {
  const has = (name: string) => existsSync(join(folder, name));
  return has(torchFile) && !has('model.safetensors') && !has('model.safetensors.index.json');
}

/** The .safetensors weights of a model folder alone. @throws DataError as `openCheckpoint` does */
export function openWeightsOf(folder: string): StoredTensors {
  return openWeights(folder, listFolder(folder), {}, 'model');
}

/**
 * Reads the small files and the headers of the weights. Nothing of the folder is executed.
 * @throws DataError naming the folder or the file: missing, empty, damaged, or weights in another format
 */
export function openCheckpoint(folder: string, options: OpenCheckpointOptions = {}): Checkpoint {
  return atOnce(openingCheckpoint(folder, options));
}

/** The same, which stops now and then where files are long. */
export function* openingCheckpoint(
  folder: string,
  options: OpenCheckpointOptions = {},
): Generator<void, Checkpoint> {
  const files = listFolder(folder);
  if (!files.includes('config.json') && files.includes(adapterFile)) throw onlyAdapter(folder);
  if (!files.includes('config.json'))
    throw missing(folder, files.length === 0 ? 'the folder is empty' : 'it has no config.json');
  const config = yield* readingJsonObject(join(folder, 'config.json'), maxConfigBytes);
  return {
    folder,
    config,
    weights: options.opened ?? openWeights(folder, files, config, options.weights ?? 'model'),
    ...(yield* readingTokenizerFiles(folder)),
  };
}

/** @throws DataError where one of the files cannot be read */
function* readingTokenizerFiles(folder: string): Generator<void, TokenizerFilesOf> {
  function* json(name: string) {
    const file = join(folder, name);
    return existsSync(file) ? yield* readingJsonObject(file) : undefined;
  }
  const tokenizer = yield* json('tokenizer.json');
  const inParts = tokenizer === undefined;
  return {
    tokenizer,
    tokenizerConfig: yield* json('tokenizer_config.json'),
    specialTokensMap: yield* json('special_tokens_map.json'),
    addedTokens: yield* json('added_tokens.json'),
    vocab: inParts ? yield* json('vocab.json') : undefined,
    merges: inParts ? readTextIfPresent(join(folder, 'merges.txt')) : undefined,
    wordPieces: inParts ? readTextIfPresent(join(folder, 'vocab.txt')) : undefined,
  };
}

/**
 * The tokenizer of a folder, with its config.json where it has one: that may name the class of the tokenizer.
 * @throws DataError where there is no such folder, or a file cannot be read
 */
export function* openingTokenizerFiles(
  folder: string,
): Generator<void, TokenizerFilesOf & { readonly config: JsonObject }> {
  const files = listFolder(folder);
  const config = files.includes('config.json')
    ? yield* readingJsonObject(join(folder, 'config.json'), maxConfigBytes)
    : {};
  return { config, ...(yield* readingTokenizerFiles(folder)) };
}
