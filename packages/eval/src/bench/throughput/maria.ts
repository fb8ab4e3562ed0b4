// The system `maria`: the MLM reads the sequence once, the AR model fills left to right with its KV cache.
import { infill } from '@maria/core';
import type { System } from './system.js';

export const maria: System = async ({ model, sequence, enough, clock, modelTime, signal }) => {
  const started = clock();
  let filled = 0;
  let copies = 0;
  for await (const event of infill(model, sequence.ids, signal ? { signal } : {})) {
    // Until then, all that is done outside of the models is to keep the hidden states of the gaps.
    if (event.type === 'mlm-encoded') copies = clock() - started - modelTime();
    if (event.type === 'gap-filled' && enough(++filled)) break;
  }
  return { filled, copies };
};
