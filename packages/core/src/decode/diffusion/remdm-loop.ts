// remdm-loop (ReMDM): the text is filled nearly, then a part of it is masked and filled again for a while, then the rest is filled.
import { type Plan, remasking } from './remask.js';

const defaultLoop = { on: 0.55, off: 0.05, alpha: 0.9 };

export const remdmLoop = remasking(({ t, s }, { options: { eta = 0.02, loop = defaultLoop } }): Plan => {
  const chance = maskChanceOutside(t, loop);
  if (chance) return { chances: { before: chance(t), after: chance(s) } };
  return { alphas: { before: loop.alpha, after: loop.alpha }, sigma: () => eta };
});

/** Chances of a mask by time, before and after the loop; undefined within it. */
export function maskChanceOutside(
  t: number,
  { on, off, alpha }: typeof defaultLoop,
): ((t: number) => number) | undefined {
  if (t > on) return (time) => 1 - ((1 - time) * alpha) / (1 - on);
  if (t <= off) return (time) => (time * (1 - alpha)) / off;
  return undefined;
}
