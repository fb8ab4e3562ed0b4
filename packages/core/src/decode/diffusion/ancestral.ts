// The reverse of masking (MDLM, Sahoo et al., 2024): each masked position is filled with the chance that time gives, and stays then.
import type { CanvasReading, Filled, Step } from './canvas.js';
import { argmax, drawByWeight, filteredLogProbabilities, nucleus } from './draw.js';
import type { Sampler, SamplerOptions, SamplerTask } from './sampler.js';
import { timesOf } from './schedules.js';

/** Where time ends: what is still masked then gets its most probable token. */
export const lastTime = 1e-5;

/** @param maskChance chance of a mask at a time @param isCached whether a pass is used again as long as nothing has changed */
export function ancestral(maskChance: (t: number) => number, isCached: boolean): Sampler {
  return async function* (task) {
    const { canvas, options } = task;
    const times = timesOf(options.steps, lastTime);
    const dt = (1 - lastTime) / options.steps;
    let reading: CanvasReading | undefined;
    for (let step = 0; step < options.steps; step++) {
      const masked = canvas.masked();
      if (masked.length === 0) return;
      const t = times[step]!;
      reading ??= await canvas.read();
      const filled = await unmasked(task, reading, step, {
        before: maskChance(t),
        after: maskChance(t - dt),
      });
      if (!isCached || filled.length > 0) reading = undefined;
      yield canvas.apply(filled);
    }
    yield await finish(task);
  };
}

/** The weights of a step, in the place of each token: those of `probabilities`, and of the mask. They sum to `before`. */
export function unmaskingWeights(
  probabilities: Float64Array,
  maskId: number,
  { before, after }: { readonly before: number; readonly after: number },
): Float64Array {
  const weights = probabilities.map((p) => p * (before - after));
  weights[maskId] = after;
  return weights;
}

/** Which masked positions are filled in a step in which the chance of a mask falls. */
export async function unmasked(
  { canvas, noise, options }: SamplerTask,
  reading: CanvasReading,
  step: number,
  chances: { readonly before: number; readonly after: number },
): Promise<Filled[]> {
  const filled: Filled[] = [];
  await reading.each(canvas.masked(), (position, logits) => {
    const weights = unmaskingWeights(
      tokenProbabilities(logits, canvas.maskId, options),
      canvas.maskId,
      chances,
    );
    const id = drawByWeight(weights, noise.at(step, position));
    if (id !== canvas.maskId) filled.push(canvas.chosen(position, id, logits));
  });
  return filled;
}

/** What a masked position may be: never the mask. Top-p here ends before the token that crosses p (ReMDM's nucleus). */
export function tokenProbabilities(
  logits: Float32Array,
  maskId: number,
  options: Pick<SamplerOptions, 'temperature' | 'topP' | 'topK'>,
): Float64Array {
  logits[maskId] = -Infinity;
  if (options.temperature === 0) {
    const certain = new Float64Array(logits.length);
    certain[argmax(logits)] = 1;
    return certain;
  }
  const probabilities = filteredLogProbabilities(logits, { ...options, topP: 1 }).map(Math.exp);
  return nucleus(probabilities, options.topP);
}

/** What is still masked at the end gets its most probable token. */
export async function finish({ canvas }: SamplerTask): Promise<Step> {
  const masked = canvas.masked();
  if (masked.length === 0) return canvas.apply([]);
  const filled: Filled[] = [];
  await (await canvas.read()).each(masked, (position, logits) => {
    logits[canvas.maskId] = -Infinity;
    filled.push(canvas.chosen(position, argmax(logits), logits));
  });
  return canvas.apply(filled);
}
