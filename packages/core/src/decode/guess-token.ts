// The choice of a draft: what `chooseToken` would give, and how sure it is. Without a distribution: nothing is normalised.
import { bestScore, modeOf, type Sampling, type TokenNoise } from './choose.js';
import { surestLead } from './draft-chances.js';

export interface Guess {
  readonly id: number;
  /** How far its score, logit / temperature + noise, is above that of the next id; where it is far above all, at least `surestLead`. */
  readonly lead: number;
}

/** @param noise that of `chooseToken` */
export function guessToken(logits: Float32Array, sampling: Sampling, noise: TokenNoise): Guess {
  if (sampling.temperature === 0) return mostProbable(logits);
  return bestScore(logits, modeOf(logits), sampling, noise, surestLead);
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
