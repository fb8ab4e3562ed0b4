// margin (as in Dream): the surest positions are those whose most probable token is far ahead of the next.
import { byConfidence, type Confidence } from './confidence-order.js';
import { argmax } from './draw.js';

export const probabilityMargin: Confidence = (logProbabilities) => {
  const first = argmax(logProbabilities);
  let second = -Infinity;
  for (let id = 0; id < logProbabilities.length; id++)
    if (id !== first && logProbabilities[id]! > second) second = logProbabilities[id]!;
  return Math.exp(logProbabilities[first]!) - Math.exp(second);
};

export const margin = byConfidence(probabilityMargin);
