// The exact log-likelihood that a MARIA model gives to the original tokens at masked positions, teacher-forced.
import { checkOption } from '../check-option.js';
import { checkIds, checkSequence } from '../maria/alignment.js';
import type { MariaModel } from '../maria/model.js';
import { isRefresh } from '../maria/refresh.js';
import { unlessAborted } from '../unless-aborted.js';
import type { Exclusion, WindowSpan } from './events.js';
import { logLikelihoods } from './log-likelihoods.js';
import { maskAt } from './mask-at.js';
import { type Original, originalIds, originalText, type ScoreInput } from './original.js';
import type { TeacherForcedOptions } from './teacher-forced.js';
import { planWindows, spanOf, tellsOfWindows, type WindowSize, windowRoom } from './windows.js';

export interface ScoreOptions extends Omit<TeacherForcedOptions, 'system'> {
  /** Special tokens that are written in the text are read as tokens. @default false, they are text */
  specialTokens?: boolean;
  /** As in infilling: each masked token of a sequence that is too long is scored in a window, with those before as they are. */
  window?: WindowSize | undefined;
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
  /** `special` with `suppressSpecial`, else nothing: all rows have a probability. */
  readonly excluded: readonly Exclusion[];
  /** Of a sequence that was too long for the models. */
  readonly windows?: readonly WindowSpan[];
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
  try {
    return await scoreInput(model, input, options);
  } catch (error) {
    throw options.window === undefined ? tellsOfWindows(error) : error;
  }
}

async function scoreInput(
  model: MariaModel,
  input: ScoreInput,
  { specialTokens = false, window, ...options }: ScoreOptions,
): Promise<ScoreResult> {
  const isInput = typeof input === 'object' && input !== null && ('text' in input || 'ids' in input);
  const { refresh } = options;
  const fits = refresh === undefined || isRefresh(refresh);
  checkOption('score', 'refresh', refresh, fits, "'auto', 'gap', 'off' or a whole number of at least 1");
  checkOption('score', 'the input', input, isInput, 'an object with text or ids');
  const longest = window === undefined ? model.mlm.maxLength : Number.POSITIVE_INFINITY;
  const { ids, masked }: Original =
    'ids' in input
      ? originalIds(input, longest)
      : await unlessAborted(originalText(model, input, { specialTokens, longest }), options.signal);
  const maskedIds = maskAt(ids, masked, model.vocabulary);
  const check = window === undefined ? checkSequence : checkIds;
  check(model, ids, []);
  check(model, maskedIds, masked);
  const windows =
    window === undefined
      ? undefined
      : planWindows({ ids, masked }, windowRoom(model, ['ar', 'mlm'], window), model.vocabulary);

  const perToken = await logLikelihoods(model, ids, masked, { ...options, ...(windows && { windows }) });
  const logLikelihood = perToken.reduce((a, b) => a + b, 0);
  return {
    ids: [...ids],
    masked,
    logLikelihood,
    perToken,
    perplexity: Math.exp(-logLikelihood / masked.length),
    excluded: options.suppressSpecial ? ['special'] : [],
    ...(windows && { windows: windows.map(spanOf) }),
  };
}
