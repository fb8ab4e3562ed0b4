// The samplers of SEDD (Lou, Meng, Ermon, 2023): ratios of probabilities say how likely each token is to take the place of the mask.
import { lastTime } from './ancestral.js';
import type { Filled, Step } from './canvas.js';
import { argmax, drawByWeight, filteredLogProbabilities, logSumExp } from './draw.js';
import type { Sampler, SamplerOptions, SamplerTask } from './sampler.js';
import { logLinear, timesOf } from './schedules.js';

/** The mass that a step moves from the mask, for each unit of score. */
export type StepSize = (times: { readonly t: number; readonly s: number }) => number;

export function scoreSteps(sizeOf: StepSize): Sampler {
  return async function* (task) {
    const { canvas, options } = task;
    const times = timesOf(options.steps, lastTime);
    const dt = (1 - lastTime) / options.steps;
    for (let step = 0; step < options.steps; step++) {
      if (canvas.masked().length === 0) return;
      const t = times[step]!;
      const size = sizeOf({ t, s: t - dt });
      yield await moved(task, step, logLinear.sigma(t), (scores) => stepWeights(scores, size, canvas.maskId));
    }
    // The last noise is taken away, and nothing stays masked.
    const sigma = logLinear.sigma(lastTime);
    yield await moved(task, options.steps, sigma, (scores) => denoisingWeights(scores, sigma, canvas.maskId));
  };
}

/** log of the score of each token against the mask that stands there, which has 0 itself. */
export function logScores(logits: ArrayLike<number>, sigma: number, maskId: number): Float64Array {
  const scale = Math.log(Math.expm1(sigma)) + Math.log(logits.length - 1);
  const scores = Float64Array.from(logits, (logit) => logit - scale);
  scores[maskId] = 0;
  return scores;
}

/** What stays of the mask is the rest of 1; it may be below 0, and never wins then. */
export function stepWeights(scores: Float64Array, size: number, maskId: number): Float64Array {
  const weights = scores.map((score) => Math.exp(score) * size);
  weights[maskId] = 0;
  weights[maskId] = 1 - weights.reduce((sum, weight) => sum + weight, 0);
  return weights;
}

export function denoisingWeights(scores: Float64Array, sigma: number, maskId: number): Float64Array {
  const weights = scores.map((score) => Math.exp(score) * Math.expm1(sigma));
  weights[maskId] = 0;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

async function moved(
  { canvas, noise, options }: SamplerTask,
  step: number,
  sigma: number,
  weightsOf: (scores: Float64Array) => Float64Array,
): Promise<Step> {
  const { maskId } = canvas;
  const masked = canvas.masked();
  if (masked.length === 0) return canvas.apply([]);
  const filled: Filled[] = [];
  await (await canvas.read(sigma)).each(masked, (position, logits) => {
    const weights = weightsOf(logScores(sharpened(logits, maskId, options), sigma, maskId));
    const id = drawByWeight(weights, noise.at(step, position));
    if (id !== maskId) filled.push(canvas.chosen(position, id, logits));
  });
  return canvas.apply(filled);
}

/** The same mass of all tokens, shared out among them as temperature and filters say. */
function sharpened(logits: Float32Array, maskId: number, options: SamplerOptions): ArrayLike<number> {
  const { temperature, topP, topK } = options;
  logits[maskId] = -Infinity;
  if (temperature === 1 && topP === 1 && topK === 0) return logits;
  const mass = logSumExp(logits);
  if (temperature === 0) {
    const best = argmax(logits);
    return Float64Array.from(logits, (_, id) => (id === best ? mass : -Infinity));
  }
  return filteredLogProbabilities(logits, options).map((log) => log + mass);
}
