// The system `ar`: the AR model alone with its KV cache, which sees nothing to the right of a gap.
import { ArReader, InterruptedError, row } from '@maria/core';
import { GreedyChoice } from './greedy-choice.js';
import type { System } from './system.js';

/** Most tokens of one pass, as in infilling. */
const chunk = 256;

export const ar: System = async ({ model, sequence, enough, clock, signal }) => {
  const reader = new ArReader(model, sequence.ids, chunk);
  const greedy = new GreedyChoice(model, clock);
  let filled = 0;
  for (const position of sequence.positions) {
    if (signal?.aborted) throw new InterruptedError();
    const { hidden } = await reader.hiddenBefore(position);
    reader.set(position, greedy.choose(row(await model.experts.ar.logits(hidden), 0)));
    if (enough(++filled)) break;
  }
  return { filled, copies: greedy.copies };
};
