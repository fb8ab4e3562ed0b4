// How probable the tokens of a known sequence are, one by one: under the fused model, or under one backbone alone.
import { InterruptedError, UsageError } from '../errors.js';
import type { Model } from '../maria/model.js';
import { summarizeOrExplain } from './choose.js';
import { type TeacherForcedOptions, teacherForcedLogits } from './teacher-forced.js';

/**
 * log p of the token at each of `masked` in order (ascending), in nats, over all V rows, or those that `suppressSpecial` leaves. `maria`: p(x_i | x_<i, observed). `ar`: p(x_i | x_<i), the
 * document-start token first where the model has one. `mlm`: p(x_i | observed). `mlm-chain`: p(x_i | masked tokens before it, observed).
 * @throws DataError when the model lacks a part that the system reads, or when the logits are not finite; InterruptedError;
 * UsageError for a masked token that `suppressSpecial` takes out
 */
export async function logLikelihoods(
  model: Model,
  ids: Int32Array,
  masked: readonly number[],
  options: TeacherForcedOptions = {},
): Promise<number[]> {
  const perToken: number[] = [];
  for await (const logits of teacherForcedLogits(model, ids, masked, options)) {
    if (options.signal?.aborted) throw new InterruptedError();
    const position = masked[perToken.length]!;
    const id = ids[position]!;
    if (options.suppressSpecial && logits[id] === -Infinity)
      throw new UsageError(
        'id-excluded',
        `Cannot score the token at position ${position}: its id ${id} is special, and special ids are excluded.`,
        { try: 'Do not mask it, or score over all ids.' },
      );
    perToken.push(logits[id]! - (await summarizeOrExplain(model, logits)).logNormalizer);
  }
  return perToken;
}
