// The samplers by the names that users give. None is imported until it is used.
import { UsageError } from '../../errors.js';
import type { Sampler } from './sampler.js';

interface Entry {
  /** One line for help. */
  readonly summary: string;
  /** What the denoiser gives: logits of tokens, or scores for an amount of noise. */
  readonly reads: 'logits' | 'scores';
  /** Steps where nobody says how many; `gap` for as many as there are tokens to fill. */
  readonly steps: number | 'gap';
  /** Whether at temperature 0 its order is no matter of chance, and what is filled stays: a text has an exact likelihood then. */
  readonly exact: boolean;
  /** Whether it can fill block by block. */
  readonly blocks?: true;
  load(): Promise<Sampler>;
}

export const samplers = {
  ddpm: {
    summary: 'MDLM',
    reads: 'logits',
    steps: 128,
    exact: false,
    load: async () => (await import('./ddpm.js')).ddpm,
  },
  'ddpm-cache': {
    summary: 'MDLM, with fewer passes',
    reads: 'logits',
    steps: 128,
    exact: false,
    load: async () => (await import('./ddpm-cache.js')).ddpmCache,
  },
  analytic: {
    summary: 'SEDD',
    reads: 'scores',
    steps: 128,
    exact: false,
    load: async () => (await import('./analytic.js')).analytic,
  },
  euler: {
    summary: 'SEDD',
    reads: 'scores',
    steps: 128,
    exact: false,
    load: async () => (await import('./euler.js')).euler,
  },
  'random-keep': {
    summary: 'DiffuGPT and DiffuLLaMA',
    reads: 'logits',
    steps: 64,
    exact: false,
    load: async () => (await import('./random-keep.js')).randomKeep,
  },
  'topk-mask': {
    summary: 'the evaluation of DiffuGPT and DiffuLLaMA',
    reads: 'logits',
    steps: 'gap',
    exact: true,
    load: async () => (await import('./topk-mask.js')).topkMask,
  },
  'low-confidence': {
    summary: 'LLaDA and Tiny-A2D, block by block',
    reads: 'logits',
    steps: 'gap',
    exact: true,
    blocks: true,
    load: async () => (await import('./low-confidence.js')).lowConfidence,
  },
  threshold: {
    summary: 'Fast-dLLM: several tokens in a step where they are sure',
    reads: 'logits',
    steps: 'gap',
    exact: true,
    blocks: true,
    load: async () => (await import('./threshold.js')).threshold,
  },
  origin: {
    summary: 'Dream, at random',
    reads: 'logits',
    steps: 'gap',
    exact: false,
    load: async () => (await import('./origin.js')).origin,
  },
  'maskgit-plus': {
    summary: 'Dream, the most probable token first',
    reads: 'logits',
    steps: 'gap',
    exact: true,
    load: async () => (await import('./maskgit-plus.js')).maskgitPlus,
  },
  margin: {
    summary: 'Dream, the clearest choice first',
    reads: 'logits',
    steps: 'gap',
    exact: true,
    load: async () => (await import('./margin.js')).margin,
  },
  entropy: {
    summary: 'Dream, the least entropy first',
    reads: 'logits',
    steps: 'gap',
    exact: true,
    load: async () => (await import('./entropy.js')).entropy,
  },
  p2: {
    summary: 'Open-dCoder, which masks again what is least sure',
    reads: 'logits',
    steps: 'gap',
    exact: false,
    load: async () => (await import('./p2.js')).p2,
  },
  'remdm-cap': {
    summary: 'ReMDM, which masks again at random',
    reads: 'logits',
    steps: 128,
    exact: false,
    load: async () => (await import('./remdm-cap.js')).remdmCap,
  },
  'remdm-rescale': {
    summary: 'ReMDM, in proportion',
    reads: 'logits',
    steps: 128,
    exact: false,
    load: async () => (await import('./remdm-rescale.js')).remdmRescale,
  },
  'remdm-conf': {
    summary: 'ReMDM, by confidence',
    reads: 'logits',
    steps: 128,
    exact: false,
    load: async () => (await import('./remdm-conf.js')).remdmConf,
  },
  'remdm-loop': {
    summary: 'ReMDM, for a while',
    reads: 'logits',
    steps: 128,
    exact: false,
    load: async () => (await import('./remdm-loop.js')).remdmLoop,
  },
} satisfies Record<string, Entry>;

export type SamplerName = keyof typeof samplers;
export const samplerNames = Object.keys(samplers) as SamplerName[];

/** The one that a family was published with. */
function defaultSampler(family: string): SamplerName {
  const own: Readonly<Record<string, SamplerName>> = {
    mdlm: 'ddpm-cache',
    sedd: 'analytic',
    diffugpt: 'random-keep',
    diffullama: 'random-keep',
    dream: 'entropy',
    opendcoder: 'p2',
  };
  return own[family] ?? 'low-confidence';
}

/** Those that read what the denoiser gives. */
export function samplersFor({ readsNoise }: { readonly readsNoise: boolean }): SamplerName[] {
  const reads = readsNoise ? 'scores' : 'logits';
  return samplerNames.filter((name) => samplers[name].reads === reads);
}

/** What users may ask of a sampler that not every one can. */
interface Wanted {
  readonly blockLength?: number | undefined;
  readonly guidance?: number | undefined;
}

const readsBlocks = (name: SamplerName): boolean => 'blocks' in samplers[name];

/**
 * The sampler of that name, or the one that the family was published with.
 * @throws UsageError where it wants what the denoiser does not give, is to fill blocks and has none, or is to be guided by scores
 */
export function samplerFor(
  { family, readsNoise }: { readonly family: string; readonly readsNoise: boolean },
  given?: SamplerName,
  { blockLength, guidance = 0 }: Wanted = {},
): SamplerName {
  if (readsNoise && guidance > 0)
    throw new UsageError(
      'guidance-unfit',
      `Cannot fill the text with guidance: a denoiser of the family ${family} gives scores, and only logits are guided.`,
      { try: 'Leave the guidance out.' },
    );
  const name = given ?? defaultSampler(family);
  const fitting = samplersFor({ readsNoise });
  if (fitting.includes(name)) {
    if (blockLength === undefined || readsBlocks(name)) return name;
    const withBlocks = fitting.filter(readsBlocks).map((one) => `, or use the sampler ${one}`);
    throw new UsageError(
      'sampler-without-blocks',
      `Cannot fill the text in blocks of ${blockLength} tokens: the sampler "${name}" has no blocks.`,
      { try: `Leave the length of blocks out${withBlocks.join('')}.` },
    );
  }
  throw new UsageError(
    'sampler-unfit',
    `Cannot fill the text with the sampler "${name}": it reads ${samplers[name].reads}, and a denoiser of the family ${family} gives ${readsNoise ? 'scores' : 'logits'}.`,
    { try: `Use one of ${fitting.join(', ')}.`, facts: { samplers: fitting } },
  );
}
