// P2 (path planning, Peng et al., 2025; as in Open-dLLM): in each step tokens are drawn for all positions of gaps, and as many as time
// says of the least sure are masked, also those that were filled.
import { drawn, ownProbability, surest } from './confidence-order.js';
import type { Sampler } from './sampler.js';
import { leftMasked } from './schedules.js';

export const p2: Sampler = async function* (task) {
  const { canvas, options } = task;
  for (const [step, left] of leftMasked(canvas.gap.length, options.steps).entries()) {
    if (canvas.masked().length === 0) return;
    const candidates = await drawn(task, step, canvas.gap, ownProbability);
    const kept = surest(candidates, canvas.gap.length - left);
    const keptPositions = new Set(kept.map(({ position }) => position));
    yield canvas.apply(
      kept.filter(({ position }) => canvas.isMasked(position)),
      canvas.gap.filter((position) => !keptPositions.has(position) && !canvas.isMasked(position)),
    );
  }
};
