// The system `ar`: the AR model alone with its KV cache. It sees nothing to the right of a gap.
import { row } from '../tensor/values.js';
import { HiddenBefore } from './hidden-pair.js';
import { leftToRight, readShared } from './left-to-right.js';

export const ar = leftToRight(['ar', 'experts.ar'], {
  async open(sequence, task) {
    return { passes: { mlm: 0, ar: await readShared(sequence, task) } };
  },
  read(sequence, { prepared: { ids }, masked, options }, _, sample) {
    const before = new HiddenBefore(sequence, ids, { chunk: options.chunk, isAgain: sample > 0 });
    return {
      get passes() {
        return { mlm: 0, ar: before.passes };
      },
      async next(index, out) {
        const { hidden, fed } = await before.at([masked[index]!]);
        out.set(row(await sequence.experts.ar.logits(hidden), 0));
        return fed;
      },
      again: (index, out) =>
        sequence.alone(async () => {
          out.set(row(await sequence.experts.ar.logits(await before.alone(masked[index]!)), 0));
        }),
      set: (index, id) => before.set(masked[index]!, id),
    };
  },
});
