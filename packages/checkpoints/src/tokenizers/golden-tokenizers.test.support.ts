// The golden tokenizers, for the tests of this folder.
import { readFileSync } from 'node:fs';
import { DataError, type Vocabulary } from '@maria/core';
import type { TokenizerFiles } from './resolve-config.js';
import { createVocabulary, type ModelVocabulary } from './tokenizer.js';

const goldens = new URL('../../../../test/goldens/', import.meta.url);

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, goldens), 'utf8'));
}

export function goldenFiles(name: 'tokenizer_ar' | 'tokenizer_mlm'): TokenizerFiles {
  return {
    tokenizer: readJson(`${name}/tokenizer.json`),
    tokenizerConfig: readJson(`${name}/tokenizer_config.json`),
    specialTokensMap: readJson(`${name}/special_tokens_map.json`),
  };
}

export function goldenVocabulary(): ModelVocabulary & Vocabulary {
  const vocabulary = createVocabulary(goldenFiles('tokenizer_mlm'));
  if (vocabulary.maskId === undefined) throw new DataError('no-mask', 'the golden tokenizer has a mask');
  return { ...vocabulary, maskId: vocabulary.maskId };
}
