// The system `ar`: the AR model alone with its KV cache. It sees nothing to the right of a gap.
import { row } from '../tensor/values.js';
import { HiddenBefore } from './hidden-pair.js';
import { leftToRight } from './left-to-right.js';

export const ar = leftToRight(['ar', 'experts.ar'], async ({ model, prepared, options }) => {
  const { ids, positions } = prepared;
  const before = new HiddenBefore(model, ids, options.chunk);
  return {
    get passes() {
      return { mlm: 0, ar: before.passes };
    },
    async next(index, out) {
      const { hidden, fed } = await before.at(positions[index]!);
      out.set(row(await model.experts.ar.logits(hidden), 0));
      return fed;
    },
    set: (position, id) => before.set(position, id),
    restart: () => before.rewind(positions[0]!),
  };
});
