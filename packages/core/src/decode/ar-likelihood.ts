// How probable known tokens are under the AR model alone.
import type { MariaModel } from '../maria/model.js';
import { occupy } from '../maria/occupy.js';
import { summarizeOrExplain } from './fused-logits.js';
import { arLogitsBefore } from './teacher-forced.js';

/**
 * log p(x_i | x_<i) in nats for each of `positions` in order (ascending), over all V rows; the document-start token, where the model
 * has one, comes first.
 * @param chunk most tokens of one AR pass
 * @throws DataError when the logits are not finite
 */
export async function arLogLikelihoods(
  model: MariaModel,
  ids: Int32Array,
  positions: readonly number[],
  chunk = 256,
): Promise<number[]> {
  const release = occupy(model);
  try {
    const logLikelihoods: number[] = [];
    for await (const logits of arLogitsBefore(model, ids, positions, model.experts.ar.logits, chunk)) {
      const id = ids[positions[logLikelihoods.length]!]!;
      logLikelihoods.push(logits[id]! - (await summarizeOrExplain(model, logits)).logNormalizer);
    }
    return logLikelihoods;
  } finally {
    release();
  }
}
