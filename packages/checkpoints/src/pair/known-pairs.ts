// Published models that are a pair without training, under names of one word.
import { existsSync } from 'node:fs';
import { DataError } from '@maria/core/errors';
import type { KnownModel } from './known-models.js';
import * as models from './known-models.js';

export interface KnownPair {
  /** What `--model` takes. */
  readonly name: string;
  readonly ar: KnownModel;
  readonly mlm: KnownModel;
  /** Those that both have learned. */
  readonly languages: string;
  /** What stood in the way when its repositories were last looked at. */
  readonly note?: string;
}

const pair = (name: string, ar: KnownModel, mlm: KnownModel, languages = 'English', note?: string) => ({
  name,
  ar,
  mlm,
  languages,
  ...(note !== undefined && { note }),
});

const { modernbert, olmo, pythia, eurobert, mmbert, sarashina, modernbertJa, llmJp } = models;
const fifteen = 'the 15 of EuroBERT';
const gemmaLanguages = 'English best; mmBERT has read 1,800';
const japanese = 'Japanese, English';
const withoutSafetensors =
  'jhu-clsp/mmBERT-base had pytorch_model.bin and no .safetensors at commit c595503; maria converts such files, but was not tried with this one';
const withoutTokenizerJson =
  'sarashina2.2-1b had tokenizer.model and no tokenizer.json at commit 76e4477, which maria cannot read';

export const knownPairs: readonly KnownPair[] = [
  ...models.ettinSizes.map((size) =>
    pair(`ettin-${size}`, models.ettin('decoder', size), models.ettin('encoder', size)),
  ),
  pair('olmo-1b', olmo['1b'], modernbert.large),
  pair('olmo-7b', olmo['7b'], modernbert.large),
  pair('pythia-160m', pythia['160m'], modernbert.base),
  pair('pythia-410m', pythia['410m'], modernbert.base),
  pair('pythia-1b', pythia['1b'], modernbert.large),
  pair('gpt2', models.gpt2, models.roberta),
  pair('distilgpt2', models.distilgpt2, models.distilroberta),
  pair('llama-3.2-1b', models.llama, eurobert['210m'], fifteen),
  pair('llama-3.2-1b-610m', models.llama, eurobert['610m'], fifteen),
  pair('llama-3.2-1b-2.1b', models.llama, eurobert['2.1b'], fifteen),
  pair('gemma-2-2b', models.gemma2, mmbert.base, gemmaLanguages, withoutSafetensors),
  pair('gemma-2-2b-small', models.gemma2, mmbert.small, gemmaLanguages, withoutSafetensors),
  pair('sarashina2.2-0.5b', sarashina['0.5b'], modernbertJa['130m'], japanese, withoutTokenizerJson),
  pair('sarashina2.2-1b', sarashina['1b'], modernbertJa['310m'], japanese, withoutTokenizerJson),
  pair('sarashina2.2-3b', sarashina['3b'], modernbertJa['310m'], japanese, withoutTokenizerJson),
  pair('llm-jp-3-150m', llmJp['150m'], models.llmJpModernbert, japanese),
  pair('llm-jp-3-440m', llmJp['440m'], models.llmJpModernbert, japanese),
  pair('llm-jp-3-1.8b', llmJp['1.8b'], models.llmJpModernbert, japanese),
];

/** Models that look like a pair and are none, by the names that one would give them. */
const noPairs: Readonly<Record<string, string>> = Object.fromEntries(
  ['llammlein-120m', 'llammlein-1b', 'moderngbert-134m', 'moderngbert-1b'].map((name) => [
    name,
    'LLäMmlein has a tokenizer of its own, and ModernGBERT has the WordPiece tokenizer of GBERT (arXiv 2505.13136)',
  ]),
);

/** The pair of this name, if it is one. @throws DataError `no-pair` for two models that look like a pair and are none */
export function knownPair(name: string): KnownPair | undefined {
  if (Object.hasOwn(noPairs, name))
    throw new DataError('no-pair', `Cannot use ${name} as a pair: ${noPairs[name]}.`);
  return knownPairs.find((pair) => pair.name === name);
}

/** The same where a folder may be meant too: one of that name comes first. */
export function knownPairUnlessFolder(name: string): KnownPair | undefined {
  return existsSync(name) ? undefined : knownPair(name);
}

/** What stands for a model where a folder or an id is asked for: its id, at its commit where one is known. */
export function knownRepository({ id, revision }: KnownModel): string {
  return revision === undefined ? id : `${id}@${revision}`;
}

/** The terms that have to be accepted on the page of a model, where it is one of these. */
export function knownLicense(id: string): string | undefined {
  return knownPairs.flatMap(({ ar, mlm }) => [ar, mlm]).find((model) => model.id === id)?.license;
}
