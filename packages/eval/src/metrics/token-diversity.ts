// How varied the tokens of a text are: the guard against repetition, which a low perplexity rewards.

/**
 * Entropy in nats of the histogram of tokens: 0 when all are the same, ln n when all n differ. 0 for no tokens.
 */
export function tokenEntropy(ids: ArrayLike<number>): number {
  let entropy = 0;
  for (const count of histogram(Array.from(ids)).values()) {
    const share = count / ids.length;
    entropy -= share * Math.log(share);
  }
  return Math.max(0, entropy);
}

/** distinct-n (Li et al. 2016): different runs of n tokens, as a share of all runs. 0 when there is none. */
export function distinctN(ids: ArrayLike<number>, n: number): number {
  if (!Number.isSafeInteger(n) || n < 1)
    throw new RangeError(`n is ${n}, it must be a whole number of at least 1`);
  const tokens = Array.from(ids);
  const runs = Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, i) =>
    tokens.slice(i, i + n).join(),
  );
  return runs.length === 0 ? 0 : histogram(runs).size / runs.length;
}

function histogram<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
