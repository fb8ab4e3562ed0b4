// The configs of two backbones inside one config.json, wherever they are: found by their model_type.
import { join } from 'node:path';
import {
  type Architecture,
  type CausalArchitecture,
  DataError,
  isFamily,
  isJsonObject,
  type MaskedArchitecture,
  readArchitecture,
} from '@maria/core';
import type { JsonObject } from '../weights/json-file.js';

export interface EmbeddedConfig<A extends Architecture> {
  /** Where it stands in config.json, for example `ar_config`. */
  readonly path: string;
  readonly architecture: A;
}

/** Deep enough for any layout; bounds the search in a hostile file. */
const maxDepth = 6;

function* familyConfigs(value: JsonObject, path: string[]): Generator<{ path: string; config: JsonObject }> {
  if (path.length > 0 && isFamily(value.model_type)) {
    yield { path: path.join('.'), config: value };
    return;
  }
  if (path.length >= maxDepth) return;
  for (const [key, inner] of Object.entries(value))
    if (isJsonObject(inner)) yield* familyConfigs(inner, [...path, key]);
}

/**
 * @param where names the model in errors
 * @throws DataError when there is not exactly one config of an AR model and one of an MLM
 */
export function embeddedConfigs(
  configJson: unknown,
  where: string,
): { ar: EmbeddedConfig<CausalArchitecture>; mlm: EmbeddedConfig<MaskedArchitecture> } {
  const found = isJsonObject(configJson) ? [...familyConfigs(configJson, [])] : [];
  const read = found.map(({ path, config }) => ({
    path,
    architecture: readArchitecture(config, `${path} of ${join(where, 'config.json')}`),
  }));
  const ar = read.filter(
    (entry): entry is EmbeddedConfig<CausalArchitecture> => entry.architecture.kind === 'causal',
  );
  const mlm = read.filter(
    (entry): entry is EmbeddedConfig<MaskedArchitecture> => entry.architecture.kind === 'masked',
  );
  const [onlyAr, onlyMlm] = [ar[0], mlm[0]];
  if (onlyAr && onlyMlm && read.length === 2) return { ar: onlyAr, mlm: onlyMlm };
  const listing = read.map(({ path, architecture }) => `${architecture.modelType} at ${path}`).join(', ');
  throw new DataError(
    'maria-parts',
    `Cannot load the MARIA model in ${where}: its config.json must hold the config of one AR model and of one MLM, it holds ${listing || 'none that is known'}.`,
    { try: 'Give the two backbones as folders.' },
  );
}
