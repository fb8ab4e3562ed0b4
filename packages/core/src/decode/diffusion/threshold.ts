// threshold (Fast-dLLM, Wu et al., 2025): block by block, in each step the surest position is filled, and all that are sure enough.
import { surest } from './confidence-order.js';
import { blocksOf, candidates } from './low-confidence.js';
import type { Sampler } from './sampler.js';

export const threshold: Sampler = async function* (task) {
  const { canvas, options } = task;
  const least = options.threshold ?? 0.9;
  let step = 0;
  // Each step fills one at least.
  for (const block of blocksOf(task).blocks)
    for (let steps = 0; steps < block.length; steps++) {
      const masked = block.filter((position) => canvas.isMasked(position));
      if (masked.length === 0) break;
      const sorted = surest(await candidates(task, step++, masked), masked.length);
      yield canvas.apply(sorted.filter(({ confidence }, i) => i === 0 || confidence! >= least));
    }
};
