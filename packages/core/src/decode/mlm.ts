// The system `mlm`: the MLM alone. It reads the whole sequence again for each token, the leftmost first.
import { row } from '../tensor/values.js';
import { hiddenWithin } from './hidden-pair.js';
import { leftToRight } from './left-to-right.js';

export const mlm = leftToRight(['mlm', 'experts.mlm'], {
  async open() {
    return { passes: { mlm: 0, ar: 0 } };
  },
  read(sequence, { model, prepared: { ids }, masked }) {
    const { mlmPrefix, mlmSuffix } = model.alignment;
    const filled = Int32Array.from(ids);
    const passes = { mlm: 0, ar: 0 };
    return {
      passes,
      async next(index, out) {
        passes.mlm++;
        const hidden = await hiddenWithin(sequence, filled, [masked[index]!]);
        out.set(row(await sequence.experts.mlm.logits(hidden), 0));
        return mlmPrefix.length + filled.length + mlmSuffix.length;
      },
      // The MLM reads by itself where this matters.
      again: async () => {},
      set: (index, id) => {
        filled[masked[index]!] = id;
      },
    };
  },
});
