// origin (Dream): each masked position is filled with the same chance, which time gives.
import { defaultEnd, drawn, ownProbability } from './confidence-order.js';
import type { Sampler } from './sampler.js';
import { fillChances } from './schedules.js';

export const origin: Sampler = async function* (task) {
  const { canvas, noise, options } = task;
  const chances = fillChances(options.steps, options.end ?? defaultEnd);
  for (const [step, chance] of chances.entries()) {
    const chosen = canvas
      .masked()
      .filter((position) => chance === 1 || noise.at(step, position)(canvas.rows) < chance);
    yield canvas.apply(chosen.length === 0 ? [] : await drawn(task, step, chosen, ownProbability));
  }
};
