// The choice of a draft: nearly always what `chooseToken` gives, in a fraction of its time, and how sure it is.

import { gumbelOf } from '../random.js';
import { modeOf, type Sampling } from './choose.js';

export interface Guess {
  readonly id: number;
  /** How far its score, logit / temperature + noise, is above that of the next id. */
  readonly lead: number;
}

/** Noise above this is rare: without it an id that is so far behind is not looked at, nearly all of them. */
const likelyGumbel = 10;

/** @param uniform the noise of `chooseToken` */
export function guessToken(
  logits: Float32Array,
  { temperature, filters }: Sampling,
  uniform: (id: number) => number,
): Guess {
  const argmax = modeOf(logits);
  const max = logits[argmax]!;
  const threshold = filters.reduce((least, filter) => filter(logits, least, max), -Infinity);
  const noise = (id: number) => (temperature === 0 ? 0 : gumbelOf(uniform(id)));
  const scale = temperature === 0 ? 1 : temperature;
  let id = argmax;
  let best = max / scale + noise(argmax);
  let next = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit / scale < best - likelyGumbel || logit < threshold || i === argmax) continue;
    const score = logit / scale + noise(i);
    if (score > best) {
      next = best;
      best = score;
      id = i;
    } else if (score > next) next = score;
  }
  return { id, lead: best - next };
}
