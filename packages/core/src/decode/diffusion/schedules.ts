// How much is filled in each step: times of the noise, and counts of positions. Whole numbers are computed as such.

/** Points of time from 1 down to `end`, steps + 1 of them. */
export function timesOf(steps: number, end: number): number[] {
  return Array.from({ length: steps + 1 }, (_, i) => 1 - (i * (1 - end)) / steps);
}

/** Log-linear noise, in which the chance of a mask is nearly t. */
export const logLinear = {
  epsilon: 1e-3,
  /** sigma(t) */
  sigma: (t: number): number => -Math.log1p(-(1 - 1e-3) * t),
  /** d sigma / dt */
  rate: (t: number): number => (1 - 1e-3) / (1 - (1 - 1e-3) * t),
  /** Chance that a token is masked, 1 - exp(-sigma). */
  maskChance: (t: number): number => (1 - 1e-3) * t,
  /** Weight of a masked position in the bound of the log-likelihood. */
  boundWeight: (t: number): number => 1 / t,
};

/** LLaDA: as equal as can be, the first ones one more. */
export function evenQuotas(masked: number, steps: number): number[] {
  return Array.from({ length: steps }, (_, i) => Math.floor(masked / steps) + (i < masked % steps ? 1 : 0));
}

/** dLLM: what is left over the steps that are left, halves to the even number; steps that fill nothing are left out. */
export function roundedQuotas(masked: number, steps: number): number[] {
  const quotas: number[] = [];
  let left = masked;
  for (let step = 0; step < steps && left > 0; step++) {
    const quota = roundedRatio(left, steps - step);
    if (quota > 0) quotas.push(quota);
    left -= quota;
  }
  return quotas;
}

/** a / b to the nearest whole number, halves to the even one. */
function roundedRatio(a: number, b: number): number {
  const [whole, rest] = [Math.floor(a / b), a % b];
  if (2 * rest === b) return whole + (whole % 2);
  return 2 * rest > b ? whole + 1 : whole;
}

/** Dream: chance that a masked position is filled in each step; 1 in the last. */
export function fillChances(steps: number, end: number): number[] {
  const times = timesOf(steps, end);
  return Array.from({ length: steps }, (_, i) => (i === steps - 1 ? 1 : 1 - times[i + 1]! / times[i]!));
}

/** Dream: how many of `masked` positions are filled in each step. */
export function fillCounts(masked: number, steps: number, end: number): number[] {
  let left = masked;
  return fillChances(steps, end).map((chance) => {
    const count = Math.trunc(left * chance);
    left -= count;
    return count;
  });
}

/** P2: how many of `gap` positions are left masked after each step. */
export function leftMasked(gap: number, steps: number): number[] {
  return Array.from({ length: steps }, (_, i) => Math.floor((gap * (steps - i - 1)) / steps));
}

/** DiffuGPT: chance that a masked position keeps its draw, in each round but the last, in which all do. */
export function keepChances(steps: number): number[] {
  return Array.from({ length: steps - 1 }, (_, i) => 1 / (steps - i));
}
