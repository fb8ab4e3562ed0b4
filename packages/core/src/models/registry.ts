// The model families that maria knows, by config.json's model_type, and how a config is read.
import { DataError } from '../errors.js';
import { quote } from '../quote.js';
import { bert } from './bert.js';
import type { ConfigJson } from './denoiser-family.js';
import { denoiserFamilies } from './denoisers.js';
import { distilbert } from './distilbert.js';
import { electra } from './electra.js';
import { eurobert } from './eurobert.js';
import type { Architecture, ModelFamily } from './family.js';
import { gemma2 } from './gemma2.js';
import { gptNeox } from './gpt_neox.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { modernbert } from './modernbert.js';
import { modernbertDecoder } from './modernbert-decoder.js';
import { olmo } from './olmo.js';
import { olmo2 } from './olmo2.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';
import { roberta } from './roberta.js';

const families: readonly ModelFamily[] = [
  olmo,
  olmo2,
  gpt2,
  gptNeox,
  llama,
  qwen2,
  qwen3,
  gemma2,
  modernbertDecoder,
  modernbert,
  eurobert,
  bert,
  roberta,
  distilbert,
  electra,
];

/** The model_type of every family that maria knows. */
export const familyNames: readonly string[] = families.map(({ modelType }) => modelType);

/** Whether this is the model_type of a family that maria knows. */
export function isFamily(modelType: unknown): boolean {
  return familyNames.some((name) => name === modelType);
}

/**
 * Finds the family of a config.json and checks the config against it.
 * @param where names the file in errors
 * @throws DataError when the family is unknown or a key is missing, out of range or not supported
 */
export function readArchitecture(configJson: unknown, where: string): Architecture {
  const modelType = (configJson as { readonly model_type?: unknown } | null | undefined)?.model_type;
  if (typeof modelType !== 'string')
    throw new DataError('config-invalid', `Cannot load the model: ${where} has no model_type.`);
  const family = families.find((candidate) => candidate.modelType === modelType);
  if (family) return family.read(configJson as object, where);
  const isDenoiser = denoiserFamilies.some(({ accepts }) => accepts(configJson as ConfigJson));
  throw new DataError(
    'config-invalid',
    `Cannot load the model: ${where} has model_type ${quote(modelType)}${isDenoiser ? ', a denoiser' : ''}.`,
    {
      try: isDenoiser ? 'Fill with it as a denoiser.' : `Use one of the families ${familyNames.join(', ')}.`,
      ...(isDenoiser && { facts: { denoiser: true } }),
    },
  );
}
