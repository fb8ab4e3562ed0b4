// Model folders of a pair's shape with random weights. They fill gaps as fast as the real pair would, and mean nothing.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, makeFolder } from '@maria/checkpoints';
import { ExitStatus, MariaError, numberOfElements } from '@maria/core';
import { tensorsOf } from '../architecture-tensors.js';
import { type RandomDType, writeRandomSafetensors } from '../random-safetensors.js';
import type { ModelShape, PairShape } from './model-shapes.js';
import { randomTokenizer } from './random-tokenizer.js';

export interface RandomPairOptions {
  /** Where the models' folders are. @default `bench` in maria's cache folder */
  readonly folder?: string;
  /** How weights are stored. @default 'float32' */
  readonly dtype?: RandomDType;
  /** Hears of each folder before it is written. */
  readonly onWrite?: (folder: string, bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** The folders of the AR model and of the MLM. Written when they are first asked for. @throws MariaError `write-failed`, `disk-full`; InterruptedError */
export async function randomPair(
  { ar, mlm }: PairShape,
  options: RandomPairOptions = {},
): Promise<{ ar: string; mlm: string }> {
  const sizes = [ar, mlm].map(({ architecture }) => architecture.sizes.vocabularySize);
  const tokens = Math.min(...sizes);
  return {
    ar: await randomModel(ar, tokens, options),
    mlm: await randomModel(mlm, tokens, options),
  };
}

/** Changes whenever the same shape would give other files. */
const version = 1;
/** Of weights, as models are initialised. */
const deviation = 0.02;

async function randomModel(
  { name, config, architecture }: ModelShape,
  tokens: number,
  { folder: parent = join(cacheFolder(), 'bench'), dtype = 'float32', onWrite, signal }: RandomPairOptions,
): Promise<string> {
  const { tokenizer, config: tokenizerConfig } = randomTokenizer(tokens, architecture.kind);
  const contents = JSON.stringify([version, config, tokens, dtype, deviation]);
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 12);
  const folder = join(parent, `${name}-${hash}`);
  const weightsFile = join(folder, 'model.safetensors');
  // Written last, and appears only when it is whole.
  if (existsSync(weightsFile)) return folder;

  const tensors = tensorsOf(architecture);
  const elements = tensors.reduce((total, { shape }) => total + numberOfElements(shape), 0);
  const bytes = elements * (dtype === 'float32' ? 4 : 2);
  onWrite?.(folder, bytes);
  await makeRoom(folder, bytes);
  const files = {
    'config.json': config,
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': tokenizerConfig,
  };
  for (const [file, json] of Object.entries(files)) await writeFile(join(folder, file), JSON.stringify(json));
  await writeRandomSafetensors(weightsFile, tensors, { deviation, dtype, signal });
  return folder;
}

async function makeRoom(folder: string, bytes: number): Promise<void> {
  const failed = (code: string, fact: string, cause?: unknown) =>
    new MariaError(code, ExitStatus.failed, `Cannot write random weights to ${folder}: ${fact}.`, {
      try: 'Set MARIA_CACHE to a folder on another disk.',
      cause,
    });
  let free: number;
  try {
    makeFolder(folder);
    const { bavail, bsize } = await statfs(folder);
    free = bavail * bsize;
  } catch (error) {
    throw failed('write-failed', (error as Error).message, error);
  }
  if (free < bytes)
    throw failed('disk-full', `they take ${mebibytes(bytes)}, and ${mebibytes(free)} are free`);
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
