// Tokenizers of this folder's goldens, opened as the tests need them.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createVocabulary, type ModelVocabulary } from '@maria/checkpoints';

export const testFolder = fileURLToPath(new URL('.', import.meta.url));

export function readJson<T = unknown>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** The vocabulary of a folder with tokenizer files, and no model. */
export function openVocabulary(folder: string): ModelVocabulary {
  const json = (name: string) =>
    existsSync(`${folder}/${name}`) ? readJson(`${folder}/${name}`) : undefined;
  return createVocabulary({
    tokenizer: json('tokenizer.json'),
    tokenizerConfig: json('tokenizer_config.json'),
    specialTokensMap: json('special_tokens_map.json'),
  });
}
