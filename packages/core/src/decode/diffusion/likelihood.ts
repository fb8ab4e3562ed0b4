// How probable a known text is to a denoiser that fills it with a sampler: exactly by DUEL, or a bound where the order is a matter of chance.
import { UsageError } from '../../errors.js';
import type { ModelWith } from '../../maria/model.js';
import { recordKey } from '../../random.js';
import { summarizeOrExplain, suppressed } from '../choose.js';
import { elboTerm, scoreEntropy } from './bounds.js';
import { Canvas, type CanvasOptions } from './canvas.js';
import { duelOf, KnownCanvas } from './duel.js';
import { refuseMaskInText, samplerOptions } from './prepare-sampling.js';
import { type SamplerName, samplerFor, samplers } from './samplers.js';
import { logLinear } from './schedules.js';

export interface DiffusionLikelihoodOptions {
  /** @default the one that the family was published with */
  readonly sampler?: SamplerName | undefined;
  /** Steps of an exact sampler. @default as many as there are masked tokens */
  readonly steps?: number | undefined;
  readonly blockLength?: number | undefined;
  /** @default 0 */
  readonly guidance?: number | undefined;
  /** Of a bound: amounts of noise that are drawn, each of them a pass. @default 16 */
  readonly draws?: number | undefined;
  /** Of the draws. @default 0 */
  readonly seed?: number | undefined;
  /** Which text this is: each has draws of its own. @default 0 */
  readonly record?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const defaultDraws = 16;

/**
 * log p of the tokens of `ids` at `masked`, given all others, over the ids that may be sampled, in nats: exact in the order that the sampler
 * has at temperature 0 (arXiv 2603.01367). Where it has none, it is an unbiased estimate of a lower bound for one token after the other, every
 * order as likely.
 * @throws UsageError for a sampler that does not fit, a text that is too long, has the mask's own token, or a masked one that is never sampled
 * @throws DataError where logits are no numbers
 */
export async function diffusionLikelihood(
  model: ModelWith<'denoiser'>,
  ids: Int32Array,
  masked: readonly number[],
  options: DiffusionLikelihoodOptions = {},
): Promise<number> {
  const { denoiser } = model;
  const name = samplerFor(denoiser, options.sampler, options);
  refuseMaskInText(model, ids, masked);
  const suppress = suppressed(model);
  refuseSuppressed(ids, masked, suppress, denoiser.vocabularySize);
  const canvasOptions: CanvasOptions = {
    guidance: options.guidance,
    signal: options.signal,
    filter: () => suppress,
  };
  const found = samplers[name].exact
    ? await exactly(model, ids, masked, name, options, canvasOptions)
    : -(await bound(model, ids, masked, options, canvasOptions));
  // Logits that are no numbers: the weight that they come of is named.
  if (!Number.isFinite(found)) await summarizeOrExplain(model, Float32Array.of(NaN));
  return found;
}

async function exactly(
  model: ModelWith<'denoiser'>,
  ids: Int32Array,
  masked: readonly number[],
  name: SamplerName,
  { steps, blockLength }: DiffusionLikelihoodOptions,
  canvasOptions: CanvasOptions,
): Promise<number> {
  const {
    temperature: _,
    topP: __,
    topK: ___,
    ...chosen
  } = samplerOptions(model, masked.length, name, {
    ...{ temperature: 0, topP: 1, topK: 0 },
    steps,
    blockLength,
  });
  const canvas = new KnownCanvas(model.denoiser, ids, masked, canvasOptions);
  return (await duelOf(await samplers[name].load(), chosen, canvas)).logLikelihood;
}

/** Amounts of noise are spread evenly over the draws. */
async function bound(
  { denoiser }: ModelWith<'denoiser'>,
  ids: Int32Array,
  masked: readonly number[],
  { draws = defaultDraws, seed = 0, record = 0 }: DiffusionLikelihoodOptions,
  canvasOptions: CanvasOptions,
): Promise<number> {
  const key = recordKey(seed, record);
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) {
    const share = (draw + key.uniform(draw, 0)) / draws;
    const noise = masked.map((_, i) => key.uniform(draw, i + 1));
    const canvasOf = (hidden: readonly number[]) => {
      const noisy = Int32Array.from(ids);
      for (const i of hidden) noisy[masked[i]!] = denoiser.maskId;
      return new Canvas(denoiser, noisy, masked, canvasOptions);
    };
    if (denoiser.readsNoise) {
      const hidden = [...noise.keys()].filter((i) => noise[i]! < logLinear.maskChance(share));
      if (hidden.length > 0) sum += await scoreEntropy(canvasOf(hidden), ids, share);
    } else {
      // How many are masked is drawn, not whether each is: the same mean as over times, and less chance (LLaDA's).
      const count = 1 + Math.floor(share * masked.length);
      const hidden = [...noise.keys()].sort((a, b) => noise[a]! - noise[b]!).slice(0, count);
      sum += await elboTerm(canvasOf(hidden), ids, count / masked.length);
    }
  }
  return sum / draws;
}

function refuseSuppressed(
  ids: Int32Array,
  masked: readonly number[],
  suppress: (logits: Float32Array) => void,
  rows: number,
): void {
  const allowed = new Float32Array(rows);
  suppress(allowed);
  const position = masked.find((one) => allowed[ids[one]!] === -Infinity);
  if (position === undefined) return;
  throw new UsageError(
    'id-excluded',
    `Cannot score the token at position ${position}: its id ${ids[position]} is special, and special ids are excluded.`,
    { try: 'Do not mask it, or score over all ids.' },
  );
}
