// For tests: the shortlist that a device would give of logits that are at hand.
import { type Shortlist, shortlistLength } from '../maria/shortlist.js';

/** @param logits [V], -Infinity where an id may not be chosen */
export function listOfLogits(
  logits: Float32Array,
  { ids: asked, temperature }: { ids: Int32Array; temperature: number },
): Shortlist {
  const order = [...logits.keys()].filter((id) => logits[id]! > -Infinity);
  order.sort((a, b) => logits[b]! - logits[a]! || a - b);
  const ids = order.slice(0, shortlistLength);
  const max = logits[ids[0]!]!;
  const total = (sharpness: number) =>
    logits.reduce((sum, logit) => sum + Math.exp((logit - max) * sharpness), 0);
  return {
    ids,
    logits: ids.map((id) => logits[id]!),
    hasAll: order.length <= shortlistLength,
    asked: Float32Array.from(asked, (id) => logits[id]!),
    sum: total(1),
    temperedSum: total(1 / temperature),
  };
}
