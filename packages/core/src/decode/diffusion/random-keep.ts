// random-keep (DiffuGPT, Gong et al., 2024): in each round each masked position keeps its draw of the round before with the same chance,
// and the rest is drawn anew.
import { drawn, ownProbability } from './confidence-order.js';
import type { Sampler } from './sampler.js';
import { keepChances } from './schedules.js';

export const randomKeep: Sampler = async function* (task) {
  const { canvas, noise, options } = task;
  let reading = await canvas.read();
  const draw = (round: number) => drawn(task, round, canvas.masked(), ownProbability, reading);
  let candidates = await draw(0);
  for (const [i, chance] of keepChances(options.steps).entries()) {
    const round = i + 1;
    const kept = candidates.filter(({ position }) => noise.at(round, position)(canvas.rows) < chance);
    yield canvas.apply(kept);
    if (canvas.masked().length === 0) return;
    // A text that has not changed is not read again.
    if (kept.length > 0) reading = await canvas.read();
    candidates = await draw(round);
  }
  yield canvas.apply(candidates);
};
