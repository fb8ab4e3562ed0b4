// The energy of a sequence: negative log-likelihood in nats, under the AR model alone or under the fused model.

import { logLikelihoods } from '../decode/log-likelihoods.js';
import { score } from '../decode/score.js';
import { DataError } from '../errors.js';
import type { MariaModel } from '../maria/model.js';

/**
 * Of `ids` from the first free position on. `ar`: all tokens from there to the end, so that the suffix counts as a continuation.
 * `fused`: the free tokens, with all of them masked for the MLM.
 */
export async function energyOf(
  kind: 'ar' | 'fused',
  model: MariaModel,
  ids: Int32Array,
  free: readonly number[],
): Promise<number> {
  if (kind === 'fused') return -(await score(model, { ids, masked: free })).logLikelihood;
  try {
    const first = free[0]!;
    const positions = Array.from({ length: ids.length - first }, (_, i) => first + i);
    const perToken = await logLikelihoods(model, ids, positions, { system: 'ar' });
    return -perToken.reduce((total, one) => total + one, 0);
  } catch (error) {
    if (!(error instanceof DataError && error.code === 'expert-missing')) throw error;
    throw new DataError(error.code, error.message, {
      try: 'Use the fused energy.',
      facts: { energy: kind },
      cause: error,
    });
  }
}
