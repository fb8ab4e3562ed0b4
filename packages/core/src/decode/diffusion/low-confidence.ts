// low-confidence (LLaDA, Nie et al., 2025; as in dLLM where quotas are rounded): block by block, in each step the surest are filled.
import type { Filled } from './canvas.js';
import { surest } from './confidence-order.js';
import { argmax, drawByGumbel, logSumExp } from './draw.js';
import type { Sampler, SamplerTask } from './sampler.js';
import { evenQuotas, roundedQuotas } from './schedules.js';

export const lowConfidence: Sampler = async function* (task) {
  const { canvas, options } = task;
  const quotasOf = options.quotas === 'rounded' ? roundedQuotas : evenQuotas;
  const { blocks, stepsEach } = blocksOf(task);
  let step = 0;
  for (const block of blocks)
    for (const quota of quotasOf(block.length, stepsEach)) {
      const masked = block.filter((position) => canvas.isMasked(position));
      yield canvas.apply(quota === 0 ? [] : surest(await candidates(task, step, masked), quota));
      step++;
    }
};

/** The positions of each block, from the left, and its steps. */
export function blocksOf({ canvas, options }: Pick<SamplerTask, 'canvas' | 'options'>): {
  readonly blocks: readonly (readonly number[])[];
  readonly stepsEach: number;
} {
  const { gap, ids } = canvas;
  const inWindows = options.quotas === 'rounded';
  const span = inWindows ? ids.length : gap.length;
  const length = options.blockLength ?? span;
  const count = Math.ceil(span / length);
  const blocks = Array.from({ length: count }, (_, block) =>
    gap.filter((position, i) => Math.floor((inWindows ? position : i) / length) === block),
  );
  return { blocks, stepsEach: Math.ceil(options.steps / count) };
}

/** A token for each position, drawn at the temperature, and how probable it is at temperature 1. */
export async function candidates(
  { canvas, noise, options }: SamplerTask,
  step: number,
  positions: readonly number[],
): Promise<Filled[]> {
  const { temperature, unsure = [], randomOrder = false } = options;
  const found: Filled[] = [];
  await (await canvas.read()).each(positions, (position, logits) => {
    const uniform = noise.at(step, position);
    const id = temperature === 0 ? argmax(logits) : drawByGumbel(logits, uniform, temperature);
    const chosen = canvas.chosen(position, id, logits);
    for (const token of unsure) logits[token] = -Infinity;
    const confidence = randomOrder ? uniform(canvas.rows) : Math.exp(logits[id]! - logSumExp(logits));
    found.push({ ...chosen, confidence });
  });
  return found;
}
