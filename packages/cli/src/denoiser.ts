// What the commands share that fill with a denoiser, or may: their flags, and how it is loaded.
import type { Model } from '@maria/core';
import { UsageError } from '@maria/core/errors';
import { samplerNames, samplers } from '@maria/core/samplers';
import { type SystemName, systemNames, systems } from '@maria/core/systems';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import type { Engine } from './engine.js';
import { backendOptionsOf, decimal, defined, type modelFlags } from './flags.js';
import type { Told } from './model-command.js';
import { decimalRanges, ranges } from './ranges.js';

export const DENOISER = 'DENOISER';

const names = samplerNames.map((name) => `${name} (${samplers[name].summary})`).join(', ');

export const systemFlag = (helpGroup: string) =>
  Flags.option({
    helpGroup,
    helpValue: 'NAME',
    summary: `What fills the gaps: ${systemNames.map((name) => `${name} (${systems[name].summary})`).join(', ')}. maria without it, or diffusion with --denoiser.`,
    options: systemNames,
  })();

export const denoiserFlags = {
  denoiser: Flags.string({
    helpGroup: DENOISER,
    helpValue: 'MODEL',
    summary:
      'A denoiser, folder or id: MDLM, SEDD, DiffuGPT, DiffuLLaMA, LLaDA, Dream, Tiny-A2D, Open-dCoder, or any masked language model. Without it, the embedded MLM is one.',
    exclusive: ['model', 'ar', 'mlm'],
  }),
  tokenizer: Flags.string({
    helpGroup: DENOISER,
    helpValue: 'MODEL',
    summary:
      'Folder or id of the tokenizer of --denoiser. MDLM and SEDD have none of their own: theirs is that of GPT-2.',
    dependsOn: ['denoiser'],
  }),
  family: Flags.string({
    helpGroup: DENOISER,
    helpValue: 'NAME',
    summary:
      'What --denoiser is, where its files are those of an autoregressive model: diffugpt, diffullama or opendcoder; diffusion for whichever fits.',
    dependsOn: ['denoiser'],
  }),
  'mask-id': Flags.integer({
    helpGroup: DENOISER,
    helpValue: 'ID',
    summary: 'Id of the mask of --denoiser, where its files do not tell it.',
    dependsOn: ['denoiser'],
    ...ranges.tokenId,
  }),
  sampler: Flags.option({
    helpGroup: DENOISER,
    helpValue: 'NAME',
    summary: `In which order tokens are filled: ${names}. Without it, the one that the denoiser was published with.`,
    options: samplerNames,
  })(),
  steps: Flags.integer({
    helpGroup: DENOISER,
    helpValue: 'N',
    summary:
      'Steps of the sampler. Without it, 128 for ddpm, analytic, euler and remdm, 64 for random-keep, and else one for each token.',
    ...ranges.samplerSteps,
  }),
  'block-length': Flags.integer({
    helpGroup: DENOISER,
    helpValue: 'N',
    summary:
      'Fill blocks of N tokens from the left, with low-confidence and threshold. All at once without it.',
    ...ranges.length,
  }),
  guidance: decimal({
    helpGroup: DENOISER,
    helpValue: 'X',
    summary:
      'How far the logits are moved away from what they would be without the known text (classifier-free guidance); two passes in place of one. SEDD, which gives scores, has none.',
    ...decimalRanges.guidance,
  }),
};

export type DenoiserFlags = InferredFlags<typeof denoiserFlags>;

/** How a denoiser fills, as the flags have it. */
export function samplerOptions({ sampler, steps, guidance, ...flags }: DenoiserFlags) {
  return defined({ sampler, steps, guidance, blockLength: flags['block-length'] });
}

const ownFlags = ['sampler', 'steps', 'block-length', 'guidance'] as const;

/** What only left-to-right systems follow. */
const notOfDenoisers = [
  'server',
  'model',
  'ar',
  'mlm',
  'context',
  'ar-prefix',
  'mlm-template',
  'max-length',
  'length-by',
  'best',
  'beam',
  'distinct',
] as const;

type SystemFlags = DenoiserFlags & {
  readonly [name in (typeof notOfDenoisers)[number]]?: unknown;
} & { readonly system: SystemName | undefined; readonly refresh?: unknown };

/** @throws UsageError where flags do not go together */
export function systemOf(flags: SystemFlags): SystemName {
  const system = flags.system ?? (flags.denoiser === undefined ? 'maria' : 'diffusion');
  if (system !== 'diffusion') refuseDenoiserFlags(flags, system);
  if (system !== 'diffusion' && flags.denoiser !== undefined)
    throw new UsageError('flag-not-read', `Cannot infill: --system ${system} reads no --denoiser.`, {
      try: 'Leave out one of them.',
    });
  if (system !== 'maria' && flags.refresh !== undefined)
    throw new UsageError('flag-not-read', `Cannot infill: --system ${system} reads no --refresh.`, {
      try: 'Leave it out.',
    });
  const other = notOfDenoisers.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (system === 'diffusion' && other !== undefined)
    throw new UsageError('flag-not-read', `Cannot infill: --system diffusion reads no --${other}.`, {
      try: 'Leave it out. A denoiser is named by --denoiser MODEL; a masked language model is one too.',
    });
  return system;
}

/** @throws UsageError where a flag is given that only a denoiser follows */
function refuseDenoiserFlags(flags: DenoiserFlags, system: string): void {
  const given = ownFlags.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new UsageError(
    'flag-not-read',
    `Cannot infill: --${given} is of a denoiser, and --system ${system} has none.`,
    { try: `Leave out --${given}, or give --system diffusion.` },
  );
}

type Batch = number | 'auto' | undefined;

/** Texts that share a pass; undefined leaves it to whoever loads the denoiser. */
export function denoiserLanes(batch: Batch): number | undefined {
  return batch === 'auto' ? undefined : batch;
}

/** Loads what --denoiser names, or the embedded MLM. */
export function loadDenoiser(
  engine: Engine,
  flags: DenoiserFlags &
    Parameters<typeof backendOptionsOf>[0] &
    Pick<InferredFlags<typeof modelFlags>, 'quantize'> & { readonly batch?: Batch },
  told: Told,
): Promise<Model> {
  const { denoiser, tokenizer, family, quantize } = flags;
  const options = defined({
    denoiser,
    tokenizer,
    family,
    quantize,
    maskId: flags['mask-id'],
    lanes: denoiserLanes(flags.batch),
  });
  return engine.loadDenoiser({ ...backendOptionsOf(flags), ...options, ...told });
}
