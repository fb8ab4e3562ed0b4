// The choice of a draft: what `chooseToken` would give, and how sure it is. Without a distribution: nothing is normalised.
import { gumbelOf } from '../random.js';
import { farBehind, hasLessNoise, modeOf, rareWord, type Sampling, type TokenNoise } from './choose.js';
import { surestLead } from './draft-chances.js';

export interface Guess {
  readonly id: number;
  /** How far its score, logit / temperature + noise, is above that of the next id; where it is far above all, at least `surestLead`. */
  readonly lead: number;
}

/** @param noise that of `chooseToken` */
export function guessToken(
  logits: Float32Array,
  { temperature, filters }: Sampling,
  { uniform, firstWords }: TokenNoise,
): Guess {
  if (temperature === 0) return mostProbable(logits);
  const argmax = modeOf(logits);
  const max = logits[argmax]!;
  const threshold = filters.reduce((least, filter) => filter(logits, least, max), -Infinity);
  const words = firstWords(logits.length);
  let id = argmax;
  let best = max / temperature + gumbelOf(uniform(argmax));
  let next = best - surestLead;
  let far = farBehind(next, temperature);
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit < far && words[i]! < rareWord) continue;
    if (logit < threshold || logit === -Infinity || i === argmax) continue;
    if (hasLessNoise(words[i]!, next - logit / temperature)) continue;
    const score = logit / temperature + gumbelOf(uniform(i));
    if (score > best) {
      next = Math.max(best, score - surestLead);
      best = score;
      id = i;
    } else if (score > next) next = score;
    else continue;
    far = farBehind(next, temperature);
  }
  return { id, lead: best - next };
}

function mostProbable(logits: Float32Array): Guess {
  let id = 0;
  let [best, next] = [-Infinity, -Infinity];
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (!(logit > next)) continue;
    if (logit > best) {
      next = best;
      best = logit;
      id = i;
    } else next = logit;
  }
  return { id, lead: best - next };
}
