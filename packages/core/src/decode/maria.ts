// The system `maria`: the MLM reads the masked sequence once, the AR model fills it with its KV cache, and each token is
// chosen from softmax(W3 [h_ar(i-1); h_mlm(i)] + b) (MARIA, arXiv 2502.06901).
import { rowsFrom } from '../tensor/values.js';
import { MlmLogits } from './fused-logits.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { leftToRight, readShared } from './left-to-right.js';
import { Speculated } from './speculate.js';

export const maria = leftToRight(['ar', 'mlm', 'head'], {
  async open(sequence, task) {
    const { prepared, masked } = task;
    const within = await hiddenWithin(sequence, prepared.ids, masked);
    return { within, passes: { mlm: 1, ar: await readShared(sequence, task) } };
  },
  read(sequence, { prepared: { ids }, masked, options }, { within }, sample, speculation) {
    const mlmLogits = new MlmLogits(sequence, within);
    const before = new HiddenBefore(sequence, ids, { chunk: options.chunk, isAgain: sample > 0 });
    const source = new Speculated(
      {
        async read(first, count) {
          const { hidden, fed } = await before.at(masked.slice(first, first + count));
          const ar = await sequence.head.arLogits(hidden);
          return { ar, mlm: await mlmLogits.rows(first, count), fed };
        },
        alone: (index) =>
          sequence.alone(async () => {
            const ar = await sequence.head.arLogits(await before.alone(masked[index]!));
            return { ar, mlm: await sequence.head.mlmLogits(rowsFrom(within, index, 1)) };
          }),
        mlmRows: (first, count) => mlmLogits.rows(first, count),
        set: (index, id) => before.set(masked[index]!, id),
        forget: (index) => before.forget(masked[index]!),
      },
      speculation,
    );
    return {
      get passes() {
        return { mlm: 0, ar: before.passes };
      },
      next: (index, out) => source.next(index, out),
      again: (index, out) => source.again(index, out),
      set: (index, id) => source.set(index, id),
    };
  },
});
