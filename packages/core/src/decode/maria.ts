// The system `maria`: the MLM reads the masked sequence once, the AR model fills it with its KV cache, and each token is
// chosen from softmax(W3 [h_ar(i-1); h_mlm(i)] + b) (MARIA, arXiv 2502.06901).
import { row } from '../tensor/values.js';
import { fuse, MlmLogits } from './fused-logits.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { leftToRight } from './left-to-right.js';

export const maria = leftToRight(['ar', 'mlm', 'head'], async ({ model, prepared, options }) => {
  const { ids, positions } = prepared;
  const mlmLogits = new MlmLogits(model.head, await hiddenWithin(model, ids, positions));
  const before = new HiddenBefore(model, ids, options.chunk);
  return {
    get passes() {
      return { mlm: 1, ar: before.passes };
    },
    async next(index, out) {
      const { hidden, fed } = await before.at(positions[index]!);
      const arLogits = await model.head.arLogits(hidden);
      fuse(row(arLogits, 0), await mlmLogits.row(index), out);
      return fed;
    },
    set: (position, id) => before.set(position, id),
    restart: () => before.rewind(positions[0]!),
  };
});
