// random-keep (DiffuGPT, Gong et al., 2024): in each round each masked position keeps its draw of the round before with the same chance,
// and the rest is drawn anew.
import { drawn, ownProbability } from './confidence-order.js';
import type { Sampler } from './sampler.js';
import { keepChances } from './schedules.js';

export const randomKeep: Sampler = async function* (task) {
  const { canvas, noise, options } = task;
  let candidates = await drawn(task, 0, canvas.masked(), ownProbability);
  for (const [i, chance] of keepChances(options.steps).entries()) {
    const round = i + 1;
    const kept = candidates.filter(({ position }) => noise.at(round, position)(canvas.rows) < chance);
    yield canvas.apply(kept);
    const masked = canvas.masked();
    if (masked.length === 0) return;
    // What nothing has changed for is read the same, but drawn anew.
    candidates = await drawn(task, round, masked, ownProbability);
  }
  yield canvas.apply(candidates);
};
