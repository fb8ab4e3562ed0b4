// The exact log-likelihood that a MARIA model gives to the original tokens at masked positions, teacher-forced.
import { InterruptedError } from '../errors.js';
import { checkSequence } from '../maria/alignment.js';
import type { MariaModel } from '../maria/model.js';
import { occupy } from '../maria/occupy.js';
import { summarizeOrExplain } from './fused-logits.js';
import { maskAt } from './mask-at.js';
import { type Original, originalIds, originalText, type ScoreInput } from './original.js';
import { type TeacherForcedOptions, teacherForcedLogits } from './teacher-forced.js';

export interface ScoreOptions extends TeacherForcedOptions {
  signal?: AbortSignal;
}

export interface ScoreResult {
  readonly ids: readonly number[];
  readonly masked: readonly number[];
  /** Sum over masked positions of log p(x_i | x_<i, observed), natural logarithm. */
  readonly logLikelihood: number;
  /** The summands, in the order of `masked`. */
  readonly perToken: readonly number[];
  /** exp(-logLikelihood / masked.length) */
  readonly perplexity: number;
}

/**
 * log p of the original tokens at the masked positions: the objective L_MARIA of one item, times the number of masked tokens.
 * @throws UsageError for positions or spans that do not fit, and as `infill` does
 */
export async function score(
  model: MariaModel,
  input: ScoreInput,
  options: ScoreOptions = {},
): Promise<ScoreResult> {
  const { ids, masked }: Original = 'ids' in input ? originalIds(input) : originalText(model, input);
  const maskedIds = maskAt(ids, masked, model.vocabulary);
  checkSequence(model, ids, []);
  checkSequence(model, maskedIds, masked);

  const release = occupy(model);
  const onAbort = () => model.interrupt();
  options.signal?.addEventListener('abort', onAbort);
  try {
    const perToken: number[] = [];
    for await (const logits of teacherForcedLogits(model, ids, masked, options)) {
      if (options.signal?.aborted) throw new InterruptedError();
      const id = ids[masked[perToken.length]!]!;
      perToken.push(logits[id]! - (await summarizeOrExplain(model, logits)).logNormalizer);
    }
    const logLikelihood = perToken.reduce((a, b) => a + b, 0);
    return {
      ids: [...ids],
      masked,
      logLikelihood,
      perToken,
      perplexity: Math.exp(-logLikelihood / masked.length),
    };
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    release();
  }
}
