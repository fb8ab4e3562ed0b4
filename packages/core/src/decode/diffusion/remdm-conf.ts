// remdm-conf (ReMDM): what was filled with little confidence is masked again with more chance.
import { alphasOf, type Confidences, mostRemasked, type Remasking, remasking } from './remask.js';

export const remdmConf = remasking((times, _task, confidences) => {
  const alphas = alphasOf(times);
  return { alphas, sigma: shared(confidences, mostRemasked(alphas)) };
});

/** `chance` shared out by the softmax of minus the confidences. */
export function shared(confidences: Confidences, chance: number): Remasking {
  const weights = new Map([...confidences].map(([position, p]) => [position, Math.exp(-p)]));
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return (position) => ((weights.get(position) ?? 0) / (total || 1)) * chance;
}
