// The energy of a sequence: negative log-likelihood in nats, under the AR model alone or under the fused model.
import { summarizeOrExplain } from '../infill/fused-logits.js';
import { arLogitsBefore, teacherForcedLogits } from '../infill/teacher-forced.js';
import type { MariaModel } from '../maria/model.js';
import { occupy } from '../maria/occupy.js';

const chunk = 256;

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
  const first = free[0]!;
  const positions = kind === 'ar' ? Array.from({ length: ids.length - first }, (_, i) => first + i) : free;
  const rows =
    kind === 'ar'
      ? arLogitsBefore(model, ids, positions, model.experts.ar.logits, chunk)
      : teacherForcedLogits(model, ids, free, { chunk });
  const release = occupy(model);
  try {
    let energy = 0;
    let index = 0;
    for await (const logits of rows) {
      energy -= logits[ids[positions[index++]!]!]! - (await summarizeOrExplain(model, logits)).logNormalizer;
    }
    return energy;
  } finally {
    release();
  }
}
