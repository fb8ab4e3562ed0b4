// What makes a text from nothing, at some cost in time: annealing with so many sweeps, and the systems that fill a text that is one gap.
import type { DenoiserModel } from '@maria/checkpoints';
import {
  anneal,
  type InfillOptions,
  infill,
  type MariaModel,
  type Model,
  type SystemName,
} from '@maria/core';
import { type SamplerName, samplerNames, samplers } from '@maria/core/samplers';

export interface GenerateOptions {
  /** Tokens of the text. */
  readonly length: number;
  /** How much work it may do, in steps of its own kind; undefined for one that has no choice. */
  readonly budget: number | undefined;
  readonly temperature: number;
  readonly seed: number;
  /** Which of several texts. */
  readonly sample: number;
  readonly signal: AbortSignal | undefined;
}

export interface GeneratingModels {
  readonly pair: MariaModel;
  /** There where a generator reads it. */
  readonly denoiser?: DenoiserModel;
}

export interface Generator {
  /** One line for help. */
  readonly summary: string;
  readonly reads: keyof GeneratingModels;
  /** What a budget is: "sweeps"; undefined for one that has none. */
  readonly budget: string | undefined;
  generate(models: GeneratingModels, options: GenerateOptions): Promise<{ readonly text: string }>;
}

/** By the names that users give. */
export const generators: Readonly<Record<string, Generator>> = {
  anneal: {
    summary: 'annealing over infilling, with so many sweeps',
    reads: 'pair',
    budget: 'sweeps',
    async generate({ pair }, { length, budget, seed, sample, signal }) {
      const run = anneal(pair, {
        length,
        seed,
        chain: sample,
        ...(budget !== undefined && { sweeps: budget }),
        ...(signal && { signal }),
      });
      let step = await run.next();
      while (!step.done) step = await run.next();
      return { text: step.value.last.text };
    },
  },
  maria: filling('maria', 'both models, fused, once from left to right'),
  ar: filling('ar', 'the AR model alone, once from left to right'),
  mlm: filling('mlm', 'the MLM alone, once from left to right'),
  ...Object.fromEntries(samplerNames.map((name) => [name, sampling(name)])),
};

/** A text that is one gap, sampled. */
function filling(system: SystemName, summary: string): Generator {
  return {
    summary,
    reads: 'pair',
    budget: undefined,
    generate: ({ pair }, options) => filled(pair, options, { system, speculate: 'auto' }),
  };
}

/** The same by a denoiser, in so many steps. */
function sampling(sampler: SamplerName): Generator {
  return {
    summary: `a denoiser with the sampler of ${samplers[sampler].summary}`,
    reads: 'denoiser',
    budget: 'steps',
    generate: ({ denoiser }, options) =>
      filled(denoiser!, options, {
        system: 'diffusion',
        sampler,
        ...(options.budget !== undefined && { steps: options.budget }),
      }),
  };
}

async function filled(
  model: Model,
  { length, temperature, seed, sample, signal }: GenerateOptions,
  how: InfillOptions,
): Promise<{ readonly text: string }> {
  const run = infill(model, `[MASK*${length}]`, {
    ...how,
    temperature,
    seed,
    record: sample,
    ...(signal && { signal }),
  });
  let step = await run.next();
  while (!step.done) step = await run.next();
  return { text: step.value.samples[0]!.text };
}
