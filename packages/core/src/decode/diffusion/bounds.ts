// Terms of the bounds of a text's log-likelihood at one amount of noise, for denoisers whose order is a matter of chance.
import type { Canvas } from './canvas.js';
import { logSoftmax } from './draw.js';
import { logLinear } from './schedules.js';
import { logScores } from './score-steps.js';

/** MDLM: minus the sum of log p of the masked tokens, times the weight of time t. @param original the tokens under the masks */
export async function elboTerm(canvas: Canvas, original: ArrayLike<number>, t: number): Promise<number> {
  let sum = 0;
  await (await canvas.read()).each(canvas.masked(), (position, logits) => {
    logits[canvas.maskId] = -Infinity;
    sum -= logSoftmax(logits)[original[position]!]!;
  });
  return sum * logLinear.boundWeight(t);
}

/** SEDD: the score entropy of the masked tokens, times the rate of the noise at time t. */
export async function scoreEntropy(canvas: Canvas, original: ArrayLike<number>, t: number): Promise<number> {
  const sigma = logLinear.sigma(t);
  const ratio = 1 / Math.expm1(sigma);
  let sum = 0;
  await (await canvas.read(sigma)).each(canvas.masked(), (position, logits) => {
    const scores = logScores(logits, sigma, canvas.maskId);
    let total = 0;
    for (let id = 0; id < scores.length; id++) if (id !== canvas.maskId) total += Math.exp(scores[id]!);
    sum += total - ratio * scores[original[position]!]! + ratio * (Math.log(ratio) - 1);
  });
  return sum * logLinear.rate(t);
}
