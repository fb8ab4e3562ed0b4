// The loop of Dream: in each step a token is drawn for every masked position, and the surest of them are filled.
import type { CanvasReading, Filled } from './canvas.js';
import { argmax, drawByGumbel, filteredLogProbabilities } from './draw.js';
import type { Noise } from './noise.js';
import type { Sampler, SamplerOptions, SamplerTask } from './sampler.js';
import { fillCounts } from './schedules.js';

/** What a position is chosen by. @param logProbabilities of what may be drawn @param id what was drawn */
export type Confidence = (logProbabilities: Float64Array, id: number) => number;

/** Where time ends: what is left is filled in the last step. */
export const defaultEnd = 1e-3;

export function byConfidence(confidence: Confidence): Sampler {
  return async function* (task) {
    const { canvas, options } = task;
    const counts = fillCounts(canvas.masked().length, options.steps, options.end ?? defaultEnd);
    for (const [step, count] of counts.entries()) {
      if (count === 0) {
        yield canvas.apply([]);
        continue;
      }
      yield canvas.apply(surest(await drawn(task, step, canvas.masked(), confidence), count));
    }
  };
}

/** A token for each position, and how sure it is. @param reading of the text as it is now, where it was read already */
export async function drawn(
  { canvas, noise, options }: SamplerTask,
  step: number,
  positions: readonly number[],
  confidence: Confidence,
  reading?: CanvasReading,
): Promise<Filled[]> {
  const candidates: Filled[] = [];
  await (reading ?? (await canvas.read())).each(positions, (position, logits) => {
    const logProbabilities = filteredLogProbabilities(logits, options);
    const id = pick(logProbabilities, options, noise, step, position);
    candidates.push(canvas.chosen(position, id, logits, confidence(logProbabilities, id)));
  });
  return candidates;
}

/** The token that is drawn, or the most probable one at temperature 0. */
export function pick(
  logProbabilities: Float64Array,
  { temperature, greedy = temperature === 0 }: Pick<SamplerOptions, 'temperature' | 'greedy'>,
  noise: Noise,
  step: number,
  position: number,
): number {
  return greedy ? argmax(logProbabilities) : drawByGumbel(logProbabilities, noise.at(step, position));
}

/** The `count` surest, the leftmost first among equals. */
export function surest<T extends Filled>(candidates: readonly T[], count: number): T[] {
  return [...candidates]
    .sort((a, b) => b.confidence! - a.confidence! || a.position - b.position)
    .slice(0, count);
}

/** The probability of what was drawn. */
export const ownProbability: Confidence = (logProbabilities, id) => Math.exp(logProbabilities[id]!);
