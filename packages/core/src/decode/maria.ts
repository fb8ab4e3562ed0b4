// The system `maria`: the MLM reads the masked sequence once, the AR model fills it with its KV cache, and each token is
// chosen from softmax(W3 [h_ar(i-1); h_mlm(i)] + b) (MARIA, arXiv 2502.06901).
import { row } from '../tensor/values.js';
import { fuse, MlmLogits } from './fused-logits.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { leftToRight } from './left-to-right.js';

export const maria = leftToRight(['ar', 'mlm', 'head'], {
  async open(sequence, { ids, positions }) {
    return { within: await hiddenWithin(sequence, ids, positions), passes: { mlm: 1, ar: 0 } };
  },
  read(sequence, { prepared: { ids, positions }, options }, { within }, sample) {
    const mlmLogits = new MlmLogits(sequence.head, within);
    const before = new HiddenBefore(sequence, ids, { chunk: options.chunk, isAgain: sample > 0 });
    return {
      get passes() {
        return { mlm: 0, ar: before.passes };
      },
      async next(index, out) {
        const { hidden, fed } = await before.at([positions[index]!]);
        const arLogits = await sequence.head.arLogits(hidden);
        fuse(row(arLogits, 0), await mlmLogits.row(index), out);
        return fed;
      },
      set: (position, id) => before.set(position, id),
    };
  },
});
