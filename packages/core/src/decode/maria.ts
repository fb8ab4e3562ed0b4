// The system `maria`: the MLM reads the masked sequence, once unless it is asked to read again, the AR model fills it with its KV cache, and each token is
// chosen from softmax(W3 [h_ar(i-1); h_mlm(i)] + b) (MARIA, arXiv 2502.06901).
import { refreshFor } from '../maria/refresh.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { leftToRight, readShared } from './left-to-right.js';
import { MlmHalf, SharedReadings } from './mlm-half.js';
import { searches } from './search-fills.js';
import { Speculated } from './speculate.js';

export const maria = leftToRight(['ar', 'mlm', 'head'], {
  async open(sequence, task) {
    const { prepared, masked } = task;
    const first = await hiddenWithin(sequence, prepared.ids, masked);
    const shared = searches(task) ? new SharedReadings() : undefined;
    return { first, shared, passes: { mlm: 1, ar: await readShared(sequence, task) } };
  },
  read(sequence, { model, prepared: { ids }, masked, options }, { first, shared }, sample, speculation) {
    const refresh = refreshFor(options.refresh ?? model.refresh ?? 'off', masked, ids.length);
    const mlm = new MlmHalf(sequence, { ids, masked, first, refresh, shared });
    const before = new HiddenBefore(sequence, ids, { chunk: options.chunk, isAgain: sample > 0 });
    const source = new Speculated(
      {
        begin: (first) => before.begin(masked[first]!),
        async read(first, count) {
          const { hidden, fed } = await before.at(masked.slice(first, first + count));
          return { ar: await sequence.head.arLogits(hidden), fed };
        },
        alone: (index) =>
          sequence.alone(async () => {
            const ar = await sequence.head.arLogits(await before.alone(masked[index]!));
            return { ar, mlm: await sequence.head.mlmLogits(mlm.hidden(index)) };
          }),
        mlmRow: (index) => mlm.row(index),
        mlmRows: (first, count) => mlm.known(first, count),
        set: (index, id) => {
          before.set(masked[index]!, id);
          mlm.set(index, id);
        },
        forget: (index) => before.forget(masked[index]!),
      },
      speculation,
    );
    return {
      get passes() {
        return { mlm: mlm.passes, ar: before.passes };
      },
      next: (index, out) => source.next(index, out),
      again: (index, out) => source.again(index, out),
      set: (index, id) => source.set(index, id),
    };
  },
});
