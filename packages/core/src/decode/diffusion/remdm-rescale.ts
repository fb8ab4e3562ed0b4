// remdm-rescale (ReMDM): what was filled is masked again with eta times the chance that is possible.
import { alphasOf, mostRemasked, remasking } from './remask.js';

export const remdmRescale = remasking((times, { options: { eta = 0.015 } }) => {
  const alphas = alphasOf(times);
  const sigma = eta * mostRemasked(alphas);
  return { alphas, sigma: () => sigma };
});
