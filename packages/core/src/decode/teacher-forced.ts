// Logits at masked positions of a known sequence (teacher forcing): read in chunks, no sampling.
import { type Model, type PartName, requireParts } from '../maria/model.js';
import { type Refresh, type RefreshChoice, refreshFor } from '../maria/refresh.js';
import { row, rowsFrom } from '../tensor/values.js';
import { suppressed } from './choose.js';
import { fuse } from './fused-logits.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { maskAt } from './mask-at.js';
import { MlmHalf } from './mlm-half.js';
import { enterSequence } from './scheduler.js';
import type { Sequence, SequenceOptions } from './sequence.js';

export interface TeacherForcedOptions {
  /**
   * Whose logits. `mlm` has all of the positions masked at once; `mlm-chain` reads the text again for each, with those before it filled.
   * @default 'maria'
   */
  system?: ScoringSystem;
  /** Puts ids that are never sampled (special tokens, rows beyond the tokenizer) at -Infinity. @default false */
  suppressSpecial?: boolean;
  /** When the MLM reads again, as in infilling; of the system `maria`. @default as the model has it */
  refresh?: RefreshChoice | undefined;
  /** Most tokens of one AR pass. @default 256 */
  chunk?: number | undefined;
  signal?: AbortSignal | undefined;
}

interface KnownSequence {
  readonly ids: Int32Array;
  /** Ascending. */
  readonly masked: readonly number[];
  readonly chunk: number | undefined;
  readonly refresh: Refresh;
}

/** Logits [V] of each masked position in order: a view that holds until the next one. */
type LogitsOf<P extends PartName> = (
  sequence: Sequence<P>,
  known: KnownSequence,
) => AsyncGenerator<Float32Array>;

/**
 * Yields, for each of `masked` in order (ascending), the system's logits at that position: a view [V] that holds until the next one.
 * The MLM reads `ids` with the masked positions masked, or those that are still to be filled (`refresh`), the AR model reads `ids` as they are.
 * @throws DataError when the model lacks a part that the system reads
 */
export function teacherForcedLogits(
  model: Model,
  ids: Int32Array,
  masked: readonly number[],
  options: TeacherForcedOptions = {},
): AsyncGenerator<Float32Array> {
  return logitsOfText(model, ids, masked, options);
}

/** As `teacherForcedLogits`, for a text that is filled. */
export async function* logitsOfText(
  model: Model,
  ids: Int32Array,
  masked: readonly number[],
  {
    system = 'maria',
    suppressSpecial = false,
    refresh,
    chunk,
    signal,
    ticket,
  }: TeacherForcedOptions & Pick<SequenceOptions, 'ticket'>,
): AsyncGenerator<Float32Array> {
  const suppress = suppressSpecial ? suppressed(model) : undefined;
  const known = {
    ids,
    masked,
    chunk,
    refresh: refreshFor(refresh ?? model.refresh ?? 'off', masked, ids.length),
  };
  for await (const logits of logitsOf[system](model, known, { signal, ticket })) {
    suppress?.(logits);
    yield logits;
  }
}

const logitsOf = {
  maria: withParts(['ar', 'mlm', 'head'], async function* (sequence, { ids, masked, chunk, refresh }) {
    const first = await hiddenWithin(sequence, maskAt(ids, masked, sequence.vocabulary), masked);
    const mlm = new MlmHalf(sequence, { ids, masked, first, refresh });
    const logits = new Float32Array(sequence.vocabularySize);
    let index = 0;
    for await (const before of new HiddenBefore(sequence, ids, { chunk }).of(masked, sequence.rowsAtOnce)) {
      const arLogits = await sequence.head.arLogits(before);
      for (let i = 0; i < before.rows; i++) {
        fuse(row(arLogits, i), await mlm.row(index++), logits);
        yield logits;
      }
    }
  }),
  ar: withParts(['ar', 'experts.ar'], async function* (sequence, { ids, masked, chunk }) {
    for await (const before of new HiddenBefore(sequence, ids, { chunk }).of(masked, sequence.rowsAtOnce)) {
      const logits = await sequence.experts.ar.logits(before);
      for (let i = 0; i < logits.rows; i++) yield row(logits, i);
    }
  }),
  mlm: withParts(['mlm', 'experts.mlm'], async function* (sequence, { ids, masked }) {
    const within = await hiddenWithin(sequence, maskAt(ids, masked, sequence.vocabulary), masked);
    const { rowsAtOnce } = sequence;
    for (let start = 0; start < within.rows; start += rowsAtOnce) {
      const logits = await sequence.experts.mlm.logits(rowsFrom(within, start, rowsAtOnce));
      for (let i = 0; i < logits.rows; i++) yield row(logits, i);
    }
  }),
  'mlm-chain': withParts(['mlm', 'experts.mlm'], async function* (sequence, { ids, masked }) {
    const filled = maskAt(ids, masked, sequence.vocabulary);
    for (const position of masked) {
      const within = await hiddenWithin(sequence, filled, [position]);
      yield row(await sequence.experts.mlm.logits(within), 0);
      filled[position] = ids[position]!;
    }
  }),
};

export type ScoringSystem = keyof typeof logitsOf;

function withParts<P extends PartName>(needs: readonly P[], logits: LogitsOf<P>) {
  return async function* (
    model: Model,
    known: KnownSequence,
    how: Pick<SequenceOptions, 'signal' | 'ticket'>,
  ): AsyncGenerator<Float32Array> {
    const { sequence, leave } = enterSequence(requireParts(model, needs, 'score the text'), {
      ...how,
      exact: true,
    });
    try {
      yield* logits(sequence, known);
    } finally {
      leave();
    }
  };
}
