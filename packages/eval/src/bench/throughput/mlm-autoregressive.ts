// The system `mlm-autoregressive`: the MLM reads the whole sequence again for each gap, the leftmost first.
import { InterruptedError, row } from '@maria/core';
import { GreedyChoice } from './greedy-choice.js';
import type { System } from './system.js';

export const mlmAutoregressive: System = async ({ model, sequence, enough, clock, signal }) => {
  const { mlmPrefix, mlmSuffix } = model.alignment;
  const ids = Int32Array.from([...mlmPrefix, ...sequence.ids, ...mlmSuffix]);
  const greedy = new GreedyChoice(model, clock);
  let filled = 0;
  for (const position of sequence.positions) {
    if (signal?.aborted) throw new InterruptedError();
    const at = mlmPrefix.length + position;
    const hidden = await model.mlm.encode(ids);
    const one = { rows: 1, columns: hidden.columns, data: row(hidden, at) };
    ids[at] = greedy.choose(row(await model.experts.mlm.logits(one), 0));
    if (enough(++filled)) break;
  }
  return { filled, copies: greedy.copies };
};
