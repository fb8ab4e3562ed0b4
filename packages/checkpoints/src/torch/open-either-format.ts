// Opens a model folder whose weights are .safetensors or, where there are none, pytorch_model.bin, which is converted once.
import { join } from 'node:path';
import { takeTurns } from '@maria/core';
import {
  type Checkpoint,
  hasTorchWeightsOnly,
  openingCheckpoint,
  openWeightsOf,
  torchFile,
} from '../weights/checkpoint.js';
import { fingerprint, fingerprintOfFiles } from '../weights/fingerprint.js';
import { type JsonObject, readJsonObjectIfPresent } from '../weights/json-file.js';
import { type ConvertOptions, convertedWeights } from './converted-weights.js';

/**
 * @param requireUse throws where a model of this config is of no use: nothing is converted then
 * @throws DataError as `openCheckpoint`, `requireUse` and `convertedWeights` do
 */
export async function openEitherFormat(
  folder: string,
  options: Pick<ConvertOptions, 'onNote' | 'signal'>,
  requireUse: (config: JsonObject) => void,
): Promise<Checkpoint> {
  const config = hasTorchWeightsOnly(folder) && readJsonObjectIfPresent(join(folder, 'config.json'));
  if (!config) return takeTurns(openingCheckpoint(folder));
  requireUse(config);
  const { onNote, signal } = options;
  const opened = await convertedWeights(join(folder, torchFile), { onNote, signal });
  return takeTurns(openingCheckpoint(folder, { opened }));
}

/** As `fingerprint` of its weights; nothing is converted for it. @throws DataError where there are none */
export function fingerprintOfFolder(folder: string): string {
  return hasTorchWeightsOnly(folder)
    ? fingerprintOfFiles([join(folder, torchFile)])
    : fingerprint(openWeightsOf(folder));
}
