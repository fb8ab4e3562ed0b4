// The system `mlm`: the MLM alone. It reads the whole sequence again for each token, the leftmost first.
import { type Matrix, row } from '../tensor/values.js';
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
    let hidden: Matrix;
    const logits = async (out: Float32Array) => {
      out.set(row(await sequence.experts.mlm.logits(hidden), 0));
    };
    return {
      passes,
      async next(index, out) {
        passes.mlm++;
        hidden = await hiddenWithin(sequence, filled, [masked[index]!]);
        await logits(out);
        return mlmPrefix.length + filled.length + mlmSuffix.length;
      },
      // The MLM itself reads alone where this matters.
      again: (_, out) => sequence.alone(() => logits(out)),
      set: (index, id) => {
        filled[masked[index]!] = id;
      },
    };
  },
});
