// remdm-cap (ReMDM): what was filled is masked again with a chance of at most eta.
import { alphasOf, mostRemasked, remasking } from './remask.js';

export const remdmCap = remasking((times, { options: { eta = 0.008 } }) => {
  const alphas = alphasOf(times);
  const sigma = Math.min(eta, mostRemasked(alphas));
  return { alphas, sigma: () => sigma };
});
