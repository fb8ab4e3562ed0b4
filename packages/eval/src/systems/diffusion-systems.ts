// The systems that a denoiser makes with a sampler: exact by DUEL where the order of the sampler is no matter of chance, else a bound.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DenoiserModel, readJsonObjectIfPresent } from '@maria/checkpoints';
import {
  DataError,
  type DiffusionLikelihoodOptions,
  defaultDraws,
  denoiserFamilies,
  denoiserNames,
  diffusionLikelihood,
  isFamily,
  quote,
  type SamplerName,
  samplerNames,
  UsageError,
} from '@maria/core';
import { samplerFor, samplers, samplersFor } from '@maria/core/samplers';
import { fillMasked } from './fill-masked.js';
import { maskedIds } from './masked-ids.js';
import type {
  DescribedDenoiser,
  Likelihood,
  Models,
  NamedDenoiser,
  System,
  SystemKind,
  SystemSpec,
} from './system.js';

/** Those that say what the denoiser is, and how it works. */
const optionNames: readonly string[] = [
  'tokenizer',
  'family',
  'mask-id',
  'sampler',
  'steps',
  'block-length',
  'guidance',
  'draws',
  'seed',
];

type Chosen = Pick<DiffusionLikelihoodOptions, 'steps' | 'blockLength' | 'guidance' | 'draws' | 'seed'> & {
  readonly sampler: SamplerName;
};

export const diffusionKind: SystemKind = {
  summary: 'a denoiser, which fills several tokens in a step, in the order of its sampler',
  options: optionNames,
  recognizes(model, given) {
    if (given.some((name) => optionNames.includes(name))) return true;
    // Nothing is pulled from the Hub to find out.
    if (!existsSync(model)) return denoiserNames.some((family) => model.toLowerCase().includes(family));
    const config = readJsonObjectIfPresent(join(model, 'config.json'));
    return (
      config !== undefined &&
      (isFamily(config.model_type) || denoiserFamilies.some((family) => family.accepts(config)))
    );
  },
  async plan(spec, models) {
    const named = namedDenoiser(namedIn(spec), models);
    const chosen = chosenOf(spec);
    const { fingerprints, vocabulary, vocabularyHash, loadedAs, form } = await describedOf(named, models);
    const sampler = fitting(spec.name, form, chosen);
    const drawn = samplers[sampler].exact ? undefined : { draws: defaultDraws, seed: 0 };
    const sampling = { ...drawn, ...chosen, sampler };
    return {
      name: spec.name,
      likelihood: likelihoodOf(sampling, form),
      identity: { kind: 'diffusion', ...fingerprints, ...sampling },
      vocabulary,
      vocabularyHash,
      loadedAs,
      open: async (signal) => openDiffusionSystem(await models.loadDenoiser(named), sampling, signal),
    };
  },
};

function likelihoodOf(
  { sampler, steps, draws }: Chosen,
  { readsNoise }: { readonly readsNoise: boolean },
): Likelihood {
  const inSteps = steps === undefined ? '' : `, ${steps} steps`;
  if (samplers[sampler].exact) return { kind: 'exact', how: `DUEL, ${sampler}${inSteps}` };
  return { kind: 'bound', how: `${readsNoise ? 'score entropy' : 'ELBO'}, ${draws} draws` };
}

export function openDiffusionSystem(model: DenoiserModel, chosen: Chosen, signal?: AbortSignal): System {
  return {
    lanes: model.denoiser.lanes,
    async score(masked) {
      const { ids, masked: positions } = await maskedIds(masked, model);
      const logLikelihood = await diffusionLikelihood(model, ids, positions, {
        ...chosen,
        record: recordOf(ids, positions),
        signal,
      });
      return { nats: -logLikelihood, tokens: positions.length };
    },
    fill(masked, { seed, record, temperature, topP }) {
      const { sampler, steps, blockLength, guidance } = chosen;
      return fillMasked(model, masked, {
        system: 'diffusion',
        sampler,
        ...(steps !== undefined && { steps }),
        ...(blockLength !== undefined && { blockLength }),
        ...(guidance !== undefined && { guidance }),
        ...{ temperature, topP, seed, record },
        ...(signal && { signal }),
      });
    },
  };
}

/** The draws of a text belong to what it is, wherever it stands in the run. */
function recordOf(ids: Int32Array, masked: readonly number[]): number {
  return createHash('sha256')
    .update(JSON.stringify([[...ids], masked]))
    .digest()
    .readUInt32LE();
}

/** Where no denoiser is named, it is the MLM of the run. @throws UsageError where the run names a MARIA checkpoint in its place */
export function namedDenoiser(named: NamedDenoiser, { own }: Pick<Models, 'own'>): NamedDenoiser {
  if (named.denoiser !== undefined) return named;
  if (own.model !== undefined)
    throw new UsageError('denoiser-missing', 'Cannot evaluate denoisers: the model of the run is none.', {
      try: 'Name one.',
    });
  return own.mlm === undefined ? named : { ...named, denoiser: own.mlm };
}

function namedIn({ name, model, options }: SystemSpec): NamedDenoiser {
  const { tokenizer, family } = options;
  const maskId = count(name, options, 'mask-id', 0, 2 ** 31 - 1);
  return {
    ...(model !== undefined && { denoiser: model }),
    ...(tokenizer !== undefined && { tokenizer }),
    ...(family !== undefined && { family }),
    ...(maskId !== undefined && { maskId }),
  };
}

/** What files do not tell, as it is said of a system. */
const untold: Readonly<Record<string, string>> = {
  'family-untold': 'family=NAME, if it was trained as a denoiser',
  'mask-missing': 'mask-id=ID',
  'tokenizer-untold': 'tokenizer=MODEL; that of GPT-2 is openai-community/gpt2',
};

async function describedOf(named: NamedDenoiser, models: Models): Promise<DescribedDenoiser> {
  try {
    return await models.describeDenoiser(named);
  } catch (error) {
    if (!(error instanceof DataError) || !Object.hasOwn(untold, error.code)) throw error;
    throw new DataError('system-untold', error.message, {
      try: `Say it with the system: NAME=MODEL,${untold[error.code]}.`,
    });
  }
}

/** @throws UsageError where the sampler wants what the denoiser does not give, is to fill blocks and has none, or is to be guided by scores */
function fitting(name: string, form: DescribedDenoiser['form'], chosen: Partial<Chosen>): SamplerName {
  const { sampler: given } = chosen;
  const names = samplersFor(form);
  if (given === undefined || names.includes(given)) return samplerFor(form, given, chosen);
  throw bad(
    name,
    `its sampler "${given}" does not fit a denoiser of the family ${form.family}`,
    `Use one of ${names.join(', ')}.`,
  );
}

/** The sampler's name is looked up later, where none is given. @throws UsageError for what makes no sense */
function chosenOf({ name, options }: SystemSpec): Partial<Chosen> {
  const { sampler, guidance } = options;
  if (sampler !== undefined && !samplerNames.includes(sampler as SamplerName))
    throw bad(name, `there is no sampler ${quote(sampler)}`, `Use one of ${samplerNames.join(', ')}.`);
  if (guidance !== undefined && !(Number(guidance) >= 0 && Number(guidance) < Infinity))
    throw bad(name, `guidance is ${quote(guidance)}`, 'Give a number of at least 0.');
  const given = {
    sampler: sampler as SamplerName | undefined,
    steps: count(name, options, 'steps', 1, 2 ** 20),
    blockLength: count(name, options, 'block-length', 1, 2 ** 20),
    guidance: guidance === undefined ? undefined : Number(guidance),
    draws: count(name, options, 'draws', 1, 2 ** 20),
    seed: count(name, options, 'seed', 0, 2 ** 32 - 1),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function count(
  system: string,
  options: SystemSpec['options'],
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw bad(system, `${name} is ${quote(text)}`, `Give a whole number from ${least} to ${most}.`);
}

function bad(system: string, fact: string, advice: string): UsageError {
  return new UsageError('system-invalid', `Cannot use the system ${quote(system)}: ${fact}.`, {
    try: advice,
  });
}
