// What is settled before a sampler begins: its options where nobody says them, and that the mask stands only in gaps.
import { UsageError } from '../../errors.js';
import type { ModelWith } from '../../maria/model.js';
import type { DrawOptions } from './draw.js';
import type { SamplerOptions } from './sampler.js';
import { type SamplerName, samplers } from './samplers.js';

type DenoiserModel = Pick<ModelWith<'denoiser'>, 'denoiser' | 'vocabulary'>;

/** What users say of a sampler. */
export interface ChosenSampling extends DrawOptions {
  readonly steps?: number | undefined;
  readonly blockLength?: number | undefined;
}

/** @param gap how many tokens are filled */
export function samplerOptions(
  { denoiser }: DenoiserModel,
  gap: number,
  name: SamplerName,
  { temperature, topP, topK, steps, blockLength }: ChosenSampling,
): SamplerOptions {
  const { steps: usual } = samplers[name] as { readonly steps: number | 'gap' };
  return {
    temperature,
    topP,
    topK,
    steps: steps ?? (usual === 'gap' ? gap : usual),
    blockLength,
    quotas: denoiser.family === 'llada' ? 'even' : 'rounded',
  };
}

/** Where the mask is an ordinary word, a text may have it: the denoiser would take it for a gap. @throws UsageError `mask-in-text` */
export function refuseMaskInText(
  { denoiser, vocabulary }: DenoiserModel,
  ids: Int32Array,
  gap: readonly number[],
): void {
  const gaps = new Set(gap);
  const position = ids.findIndex((id, i) => id === denoiser.maskId && !gaps.has(i));
  if (position < 0) return;
  throw new UsageError(
    'mask-in-text',
    `Cannot fill the text: its token ${position} is "${vocabulary.decode([denoiser.maskId])}", which this denoiser reads as a gap.`,
    { try: 'Write it in another way, or leave it out.' },
  );
}
