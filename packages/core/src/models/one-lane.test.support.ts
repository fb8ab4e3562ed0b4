// For tests: a causal model of one lane, made of a function of the new ids.
import type { Matrix } from '../tensor/values.js';
import type { CausalModel } from './causal-model.js';

export function oneLane(
  sizes: { readonly capacity: number; readonly hiddenSize: number; readonly vocabularySize: number },
  extend: (ids: Int32Array) => Matrix | Promise<Matrix>,
): CausalModel {
  let held = new Int32Array();
  return {
    ...sizes,
    lanes: 1,
    cacheBytes: 0,
    length: () => held.length,
    ids: () => held,
    extend: async ([read]) => {
      const hidden = await extend(read!.ids);
      held = Int32Array.from([...held, ...read!.ids]);
      return hidden;
    },
    truncate: (_, length) => {
      held = held.slice(0, length);
    },
    copy: async (_from, _to, length) => {
      held = held.slice(0, length);
    },
  };
}
