// The model families that maria knows, by config.json's model_type, and how a config is read.
import { z } from 'zod';
import { DataError } from '../errors.js';
import type { CausalFamily, MaskedFamily, ModelFamily, ModelSizes, OutputEmbedding } from './family.js';
import { modernbert } from './modernbert.js';
import { olmo } from './olmo.js';

const families: readonly ModelFamily<never>[] = [olmo, modernbert] as readonly ModelFamily<never>[];

/** A family bound to one checked config: what is needed to build its programs. */
export interface CausalArchitecture {
  readonly kind: 'causal';
  readonly modelType: string;
  readonly sizes: ModelSizes;
  readonly outputEmbedding: OutputEmbedding;
  readonly forward: (...args: Tail<Parameters<CausalFamily['forward']>>) => ReturnType<CausalFamily['forward']>;
}

export interface MaskedArchitecture {
  readonly kind: 'masked';
  readonly modelType: string;
  readonly sizes: ModelSizes;
  readonly outputEmbedding: OutputEmbedding;
  readonly forward: (...args: Tail<Parameters<MaskedFamily['forward']>>) => ReturnType<MaskedFamily['forward']>;
}

export type Architecture = CausalArchitecture | MaskedArchitecture;
type Tail<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;

const bareConfigSchema = z.looseObject({ model_type: z.string() });

/**
 * Finds the family of a config.json and checks the config against it.
 * @param where names the file in errors
 * @throws DataError when the family is unknown or a key is missing or out of range
 */
export function readArchitecture(configJson: unknown, where: string): Architecture {
  const bare = bareConfigSchema.safeParse(configJson);
  if (!bare.success) throw new DataError('config-invalid', `Cannot load the model: ${where} has no model_type.`);
  const modelType = bare.data.model_type;
  const family = families.find((candidate) => candidate.modelType === modelType);
  if (!family)
    throw new DataError(
      'model-family-unknown',
      `Cannot load the model: ${where} has model_type "${modelType}", known are ${families.map((f) => f.modelType).join(', ')}.`,
    );
  const parsed = family.config.safeParse(configJson);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const key = issue.path.join('.');
    throw new DataError('config-invalid', `Cannot load the model: ${where}, key "${key}": ${issue.message}.`);
  }
  return bind(family as ModelFamily, parsed.data, where);
}

function bind(family: ModelFamily, config: unknown, where: string): Architecture {
  const { modelType } = family;
  const sizes = family.sizes(config);
  if (!Number.isInteger(sizes.headSize) || sizes.headSize % 2 !== 0)
    throw new DataError(
      'config-invalid',
      `Cannot load the model: ${where} gives attention heads of ${sizes.headSize} numbers, they must be whole and even.`,
    );
  const shared = { modelType, sizes, outputEmbedding: family.outputEmbedding(config) };
  return family.kind === 'causal'
    ? { ...shared, kind: 'causal', forward: (weights, ids, cache) => family.forward(config, weights, ids, cache) }
    : { ...shared, kind: 'masked', forward: (weights, ids) => family.forward(config, weights, ids) };
}
