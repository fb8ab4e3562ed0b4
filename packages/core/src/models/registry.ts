// The model families that maria knows, by config.json's model_type, and how a config is read.
import { z } from 'zod';
import { DataError } from '../errors.js';
import { bert } from './bert.js';
import { distilbert } from './distilbert.js';
import { electra } from './electra.js';
import type { Architecture, ModelFamily } from './family.js';
import { gptNeox } from './gpt_neox.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { modernbert } from './modernbert.js';
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
  modernbert,
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

const bareConfigSchema = z.looseObject({ model_type: z.string() });

/**
 * Finds the family of a config.json and checks the config against it.
 * @param where names the file in errors
 * @throws DataError when the family is unknown or a key is missing, out of range or not supported
 */
export function readArchitecture(configJson: unknown, where: string): Architecture {
  const fail = (fact: string, hint?: string): never => {
    throw new DataError(
      'config-invalid',
      `Cannot load the model: ${where} ${fact}.`,
      hint === undefined ? {} : { try: hint },
    );
  };
  const bare = bareConfigSchema.safeParse(configJson);
  if (!bare.success) return fail('has no model_type');
  const modelType = bare.data.model_type;
  const family = families.find((candidate) => candidate.modelType === modelType);
  if (!family)
    return fail(`has model_type "${modelType}"`, `use one of the families ${familyNames.join(', ')}.`);
  return read(family, configJson, fail);
}

function read(family: ModelFamily, configJson: unknown, fail: (fact: string) => never): Architecture {
  try {
    return family.read(configJson);
  } catch (error) {
    if (error instanceof z.ZodError) {
      const issue = error.issues[0]!;
      return fail(`has key "${issue.path.join('.')}" that does not fit: ${issue.message}`);
    }
    throw error;
  }
}
