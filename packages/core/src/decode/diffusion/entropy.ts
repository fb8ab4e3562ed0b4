// entropy (as in Dream): the surest positions are those whose distribution has the least entropy.
import { byConfidence, type Confidence } from './confidence-order.js';

/** Sum of p log p, which is 0 where one token has all of it. */
export const negativeEntropy: Confidence = (logProbabilities) => {
  let sum = 0;
  for (const log of logProbabilities) {
    const p = Math.exp(log);
    sum += p * Math.log(p + 1e-10);
  }
  return sum;
};

export const entropy = byConfidence(negativeEntropy);
