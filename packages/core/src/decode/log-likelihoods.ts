// How probable the tokens of a known sequence are, one by one: under the fused model, or under one backbone alone.
import { InterruptedError, UsageError } from '../errors.js';
import type { Model } from '../maria/model.js';
import { summarizeOrExplain } from './choose.js';
import { maskAt } from './mask-at.js';
import { logitsOfText, type TeacherForcedOptions } from './teacher-forced.js';
import type { Ticket } from './ticket.js';
import type { Window } from './windows.js';

export interface LogLikelihoodOptions extends TeacherForcedOptions {
  /** Where each masked token is read, for a sequence that is too long for the models. @default the whole sequence */
  windows?: readonly Window[];
  /** Of the text that is read, as sequences of it have it. @default each sequence has one of its own */
  ticket?: Ticket | undefined;
}

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
  { windows = [{ start: 0, end: ids.length, masked }], ...options }: LogLikelihoodOptions = {},
): Promise<number[]> {
  const perToken: number[] = [];
  for await (const logits of logitsIn(windows, model, ids, masked, options)) {
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

/** One window after the other: what is masked before it is read as it is, as when it was filled; what is masked after it stays masked. */
async function* logitsIn(
  windows: readonly Window[],
  model: Model,
  ids: Int32Array,
  masked: readonly number[],
  options: Omit<LogLikelihoodOptions, 'windows'>,
): AsyncGenerator<Float32Array> {
  let done = 0;
  for (const { start, end, masked: own } of windows) {
    done += own.length;
    const after: number[] = [];
    for (let i = done; i < masked.length && masked[i]! < end; i++) after.push(masked[i]! - start);
    const part = maskAt(ids.subarray(start, end), after, model.vocabulary);
    const within = own.map((position) => position - start);
    yield* logitsOfText(model, part, within, options);
  }
}
