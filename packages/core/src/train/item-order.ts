// In what order windows are read: every epoch each window once, shuffled anew.
import { randomKey } from '../random.js';

/** Stream of the generator; see sample-mask.ts for the others. */
const stream = 0x6f726472;

/**
 * The window of each item of a run, items counted from 0 over all steps: a pure function of the seed and the item.
 * @param count windows of an epoch
 */
export function itemOrder(seed: number, count: number): (item: number) => number {
  const key = randomKey(seed, stream);
  let epoch = -1;
  const order = new Uint32Array(count);
  return (item) => {
    const wanted = Math.floor(item / count);
    if (wanted !== epoch) {
      epoch = wanted;
      // Fisher and Yates, from the inside out.
      for (let i = 0; i < count; i++) {
        const j = Math.floor(key.uniform(epoch, i) * (i + 1));
        order[i] = order[j]!;
        order[j] = i;
      }
    }
    return order[item % count]!;
  };
}
