// The models of the Hub that a trained head needs and does not bring itself.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readJsonObjectIfPresent } from '../weights/json-file.js';
import { isMariaConfig, readMariaConfig } from './maria-checkpoint.js';

/** `org/name@revision` of each; nothing for a folder that holds no head. @throws DataError for a head's config.json that is damaged */
export function modelsOfHead(folder: string): string[] {
  const config = readJsonObjectIfPresent(join(folder, 'config.json'));
  if (!config || !isMariaConfig(config) || config.maria_version === undefined) return [];
  const { ar, mlm } = readMariaConfig(config, folder);
  return [ar, mlm].flatMap(({ id, revision, path }) => {
    if (id === undefined || existsSync(resolve(folder, path))) return [];
    return [revision === undefined ? id : `${id}@${revision}`];
  });
}
