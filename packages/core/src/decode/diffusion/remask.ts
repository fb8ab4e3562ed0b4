// ReMDM (Wang et al., 2025): as the reverse of masking, but what was filled may be masked again, with a chance that each variant gives.
import { finish, lastTime, tokenProbabilities, unmasked } from './ancestral.js';
import type { Filled, Step } from './canvas.js';
import { drawByWeight, raceTime } from './draw.js';
import type { Sampler, SamplerTask } from './sampler.js';
import { timesOf } from './schedules.js';

/** Shares of tokens that are not masked, before and after a step. */
export interface Alphas {
  readonly before: number;
  readonly after: number;
}

/** Chance that a filled position is masked again. */
export type Remasking = (position: number) => number;

/** A step is that of MDLM, or one that masks again. */
export type Plan =
  | { readonly chances: { readonly before: number; readonly after: number } }
  | { readonly alphas: Alphas; readonly sigma: Remasking };

/** Probabilities that positions had when they were filled; none while they are masked. */
export type Confidences = ReadonlyMap<number, number>;

/** @param plan what is done from time t to s */
export function remasking(
  plan: (times: { t: number; s: number }, task: SamplerTask, confidences: Confidences) => Plan,
): Sampler {
  return async function* (task) {
    const { canvas, options } = task;
    const times = timesOf(options.steps, lastTime);
    const dt = (1 - lastTime) / options.steps;
    const confidences = new Map<number, number>();
    for (let step = 0; step < options.steps; step++) {
      const t = times[step]!;
      const planned = plan({ t, s: t - dt }, task, confidences);
      if (!('chances' in planned)) yield await remaskingStep(task, step, planned, confidences);
      else if (canvas.masked().length === 0) yield canvas.apply([]);
      else yield canvas.apply(await unmasked(task, await canvas.read(), step, planned.chances));
    }
    yield await finish(task);
  };
}

/** The weights of a masked position: of tokens by their probabilities, and of the mask. They sum to 1. */
export function remaskingWeights(
  probabilities: Float64Array,
  maskId: number,
  { before, after }: Alphas,
  sigma: number,
): Float64Array {
  const weights = probabilities.map((p) => (p * (after - (1 - sigma) * before)) / (1 - before));
  weights[maskId] = (1 - after - sigma * before) / (1 - before);
  return weights;
}

async function remaskingStep(
  { canvas, noise, options }: SamplerTask,
  step: number,
  { alphas, sigma }: { readonly alphas: Alphas; readonly sigma: Remasking },
  confidences: Map<number, number>,
): Promise<Step> {
  const { maskId, ids, gap } = canvas;
  const remasked = gap.filter((position) => {
    if (canvas.isMasked(position)) return false;
    const uniform = noise.at(step, position);
    const again = sigma(position);
    return again / raceTime(uniform(maskId)) > (1 - again) / raceTime(uniform(ids[position]!));
  });
  const filled: Filled[] = [];
  const masked = canvas.masked();
  if (masked.length > 0)
    await (await canvas.read()).each(masked, (position, logits) => {
      const probabilities = tokenProbabilities(logits, maskId, options);
      const weights = remaskingWeights(probabilities, maskId, alphas, sigma(position));
      const id = drawByWeight(weights, noise.at(step, position));
      if (id === maskId) return;
      filled.push(canvas.chosen(position, id, logits));
      confidences.set(position, probabilities[id]!);
    });
  for (const position of remasked) confidences.delete(position);
  return canvas.apply(filled, remasked);
}

/** Most of what is filled that can be masked again in a step. */
export function mostRemasked({ before, after }: Alphas): number {
  return before === 0 ? 1 : Math.min(1, (1 - after) / before);
}

export function alphasOf({ t, s }: { readonly t: number; readonly s: number }): Alphas {
  return { before: 1 - t, after: 1 - s };
}
