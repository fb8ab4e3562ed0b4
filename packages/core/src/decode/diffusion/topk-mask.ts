// topk-mask (the evaluation of DiffuGPT and DiffuLLaMA): in each round the least sure of all gap positions stay masked, as many as time
// says; what is filled is never masked again.
import type { Filled } from './canvas.js';
import { pick, surest } from './confidence-order.js';
import { logSoftmax } from './draw.js';
import type { Sampler, SamplerTask } from './sampler.js';

export const topkMask: Sampler = async function* (task) {
  const { canvas, options } = task;
  const { gap } = canvas;
  for (let round = 0; round < options.steps; round++) {
    const candidates = await scored(task, round);
    const left = Math.floor((gap.length * (options.steps - round - 1)) / options.steps);
    const chosen = surest(candidates, gap.length - left);
    yield canvas.apply(chosen.filter(({ position }) => canvas.isMasked(position)));
    if (canvas.masked().length === 0) return;
  }
};

/** A token for each position of gaps, filled ones too, and its log-probability in the tempered distribution. */
async function scored({ canvas, noise, options }: SamplerTask, round: number): Promise<Filled[]> {
  const temperature = options.temperature || 1;
  const candidates: Filled[] = [];
  await (await canvas.read()).each(canvas.gap, (position, logits) => {
    const logProbabilities = logSoftmax(Float64Array.from(logits, (logit) => logit / temperature));
    const id = pick(logProbabilities, options, noise, round, position);
    candidates.push(canvas.chosen(position, id, logits, logProbabilities[id]));
  });
  return candidates;
}
