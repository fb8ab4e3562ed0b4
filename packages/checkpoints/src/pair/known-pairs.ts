// Published models that are a pair without training, under names of one word.
import { existsSync } from 'node:fs';

export interface KnownPair {
  /** What `--model` takes. */
  readonly name: string;
  /** Ids on the Hugging Face Hub. */
  readonly ar: string;
  readonly mlm: string;
  /** As far as known, of both where they differ; their model cards count. */
  readonly license: string;
  readonly languages: string;
  /** Whether the Hub wants the terms of one of them to be accepted first. */
  readonly isGated: boolean;
}

const open = (name: string, ar: string, mlm: string, license: string): KnownPair => ({
  name,
  ar,
  mlm,
  license,
  languages: 'English',
  isGated: false,
});

const ettin = ['17m', '32m', '68m', '150m', '400m', '1b'].map((size) =>
  open(`ettin-${size}`, `jhu-clsp/ettin-decoder-${size}`, `jhu-clsp/ettin-encoder-${size}`, 'mit'),
);

const modernbert = { base: 'answerdotai/ModernBERT-base', large: 'answerdotai/ModernBERT-large' };

export const knownPairs: readonly KnownPair[] = [
  ...ettin,
  open('olmo-1b', 'allenai/OLMo-1B-0724-hf', modernbert.large, 'apache-2.0'),
  open('olmo-7b', 'allenai/OLMo-7B-0724-hf', modernbert.large, 'apache-2.0'),
  open('pythia-160m', 'EleutherAI/pythia-160m', modernbert.base, 'apache-2.0'),
  open('pythia-410m', 'EleutherAI/pythia-410m', modernbert.base, 'apache-2.0'),
  open('pythia-1b', 'EleutherAI/pythia-1b', modernbert.large, 'apache-2.0'),
  open('gpt2', 'openai-community/gpt2', 'FacebookAI/roberta-base', 'mit'),
  open('distilgpt2', 'distilbert/distilgpt2', 'distilbert/distilroberta-base', 'apache-2.0'),
  {
    name: 'llama-3.2-1b',
    ar: 'meta-llama/Llama-3.2-1B',
    mlm: 'EuroBERT/EuroBERT-210m',
    license: 'llama3.2, apache-2.0',
    languages: '15, those of EuroBERT',
    isGated: true,
  },
  {
    name: 'gemma-2-2b',
    ar: 'google/gemma-2-2b',
    mlm: 'jhu-clsp/mmBERT-base',
    license: 'gemma, mit',
    languages: 'those of Gemma 2 best; mmBERT has read 1,800',
    isGated: true,
  },
];

/** The pair of this name, if it is one. */
export function knownPair(name: string): KnownPair | undefined {
  return knownPairs.find((pair) => pair.name === name);
}

/** The same where a folder may be meant too: one of that name comes first. */
export function knownPairUnlessFolder(name: string): KnownPair | undefined {
  return existsSync(name) ? undefined : knownPair(name);
}
