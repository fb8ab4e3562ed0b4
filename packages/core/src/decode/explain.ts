// Why a token was chosen: what the AR model, the MLM and both fused make of each filled position.
import { InterruptedError } from '../errors.js';
import { checkSequence } from '../maria/alignment.js';
import { type MariaModel, requireParts } from '../maria/model.js';
import { refreshFor } from '../maria/refresh.js';
import { row } from '../tensor/values.js';
import type { GapFields } from '../text/gap-fields.js';
import { fixLengths, parseGaps } from '../text/gaps.js';
import { type Token, tokenOf } from '../text/token.js';
import { unlessAborted } from '../unless-aborted.js';
import {
  byLogit,
  type Distribution,
  type LogitFilter,
  largest,
  summarizeOrExplain,
  suppressed,
} from './choose.js';
import { constrainGaps } from './constrain-gaps.js';
import { fuse } from './fused-logits.js';
import { GapFollower } from './gap-follower.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { maskAt } from './mask-at.js';
import { MlmHalf } from './mlm-half.js';
import { prepareInput } from './prepare.js';
import { enterSequence } from './scheduler.js';
import { TextFilters } from './text-filters.js';

export interface Candidate extends Token {
  /** Under the AR model alone, the MLM alone, and the fused head; at temperature 1, over the ids that may be sampled. */
  readonly ar: number;
  readonly mlm: number;
  readonly fused: number;
}

export interface ExplainedPosition {
  readonly position: number;
  /** The union of each one's most probable tokens and the token that is there, by fused probability, the largest first. */
  readonly candidates: readonly Candidate[];
}

export interface ExplainOptions {
  /** How many tokens of each of the three distributions. @default 5 */
  candidates?: number;
  /** The text with gaps that was filled: only what fits into it is a candidate then, as when it was filled. Gaps that are not masked were kept. */
  text?: string;
  /** What was asked of its gaps: only that is a candidate then. */
  gaps?: readonly GapFields[] | undefined;
  /** How many tokens each of its gaps has, where the text does not tell. */
  lengths?: readonly number[] | undefined;
  /** Whether a candidate may break a line. @default true */
  lineBreaks?: boolean | undefined;
  /** Most tokens of one AR pass. @default 256 */
  chunk?: number;
  signal?: AbortSignal;
}

/**
 * For each of `masked` in order (ascending): the candidates at that position, with `ids` as they were filled to its left and
 * all of `masked` hidden from the MLM, or those that it had not seen yet where it reads again. One MLM pass without that, and one AR pass a chunk.
 * @throws UsageError and DataError as `infill` does
 */
export async function* explain(
  pair: MariaModel,
  ids: Int32Array,
  masked: readonly number[],
  options: ExplainOptions = {},
): AsyncGenerator<ExplainedPosition> {
  const { candidates: count = 5, text, chunk, signal } = options;
  const maskedIds = maskAt(ids, masked, pair.vocabulary);
  checkSequence(pair, ids, []);
  checkSequence(pair, maskedIds, masked);
  const model = requireParts(pair, ['ar', 'mlm', 'head', 'experts.ar', 'experts.mlm'], 'explain the fills');
  const filters =
    text === undefined ? undefined : await unlessAborted(filtersOf(pair, text, ids, masked, options), signal);
  const { sequence, leave } = enterSequence(model, { signal, exact: true });
  try {
    const first = await hiddenWithin(sequence, maskedIds, masked);
    const refresh = refreshFor(pair.refresh ?? 'off', masked, ids.length);
    const mlmHalf = new MlmHalf(sequence, { ids, masked, first, refresh });
    const suppress = suppressed(model);
    const fused = new Float32Array(model.vocabularySize);
    let index = 0;
    for await (const before of new HiddenBefore(sequence, ids, { chunk }).of(masked, sequence.rowsAtOnce)) {
      const arHalf = await sequence.head.arLogits(before);
      const arAlone = await sequence.experts.ar.logits(before);
      for (let i = 0; i < before.rows; i++, index++) {
        if (signal?.aborted) throw new InterruptedError();
        fuse(row(arHalf, i), await mlmHalf.row(index), fused);
        const mlmAlone = await sequence.experts.mlm.logits(mlmHalf.hidden(index));
        const logits = { ar: row(arAlone, i), mlm: row(mlmAlone, 0), fused };
        const chosen = ids[masked[index]!]!;
        const filter = filters?.at(masked[index]!);
        for (const one of Object.values(logits)) {
          suppress(one);
          filter?.(one);
        }
        filters?.chosen(masked[index]!, chosen);
        yield { position: masked[index]!, candidates: await candidatesOf(model, logits, count, chosen) };
      }
    }
  } finally {
    leave();
  }
}

/** What the text asks of the token at a position. Undefined where the text is of another sequence. */
async function filtersOf(
  model: MariaModel,
  text: string,
  ids: Int32Array,
  masked: readonly number[],
  { gaps = [], lengths, lineBreaks = true }: ExplainOptions,
) {
  const { vocabulary } = model;
  if (parseGaps(text, vocabulary).gaps.length === 0) return undefined;
  // The lengths are known by now.
  const fields = gaps.map(({ min: _, max: __, ...asked }) => asked);
  const fixed = lengths === undefined ? text : fixLengths(text, lengths, vocabulary);
  const given = await prepareInput(model, fixed, { gaps: fields });
  const prepared = await constrainGaps(model, given, { gaps: fields, lineBreaks });
  const indices = new Map(prepared.positions.map((at, index) => [at, index]));
  if (prepared.ids.length !== ids.length || !masked.every((at) => indices.has(at))) return undefined;
  const isMasked = new Set(masked);
  const kept = new Map(prepared.positions.filter((at) => !isMasked.has(at)).map((at) => [at, ids[at]!]));
  const fit = new TextFilters(vocabulary, { ...prepared, kept }, { lineBreaks });
  const follower = prepared.constraints && new GapFollower(vocabulary, prepared);
  return {
    at(position: number): LogitFilter {
      const index = indices.get(position)!;
      const [fits, asked] = [fit.at(index), follower?.at(index)];
      return (logits) => {
        (asked?.restrict ?? fits)(logits);
        asked?.favour?.(logits);
      };
    },
    chosen(position: number, id: number): void {
      fit.chosen(indices.get(position)!, id);
      follower?.chosen(indices.get(position)!, id);
    },
  };
}

async function candidatesOf(
  model: MariaModel,
  logits: Record<'ar' | 'mlm' | 'fused', Float32Array>,
  count: number,
  chosen: number,
): Promise<Candidate[]> {
  const normalizers: Record<'ar' | 'mlm' | 'fused', Distribution> = {
    ar: await summarizeOrExplain(model, logits.ar),
    mlm: await summarizeOrExplain(model, logits.mlm),
    fused: await summarizeOrExplain(model, logits.fused),
  };
  const probability = (of: 'ar' | 'mlm' | 'fused', id: number) =>
    Math.exp(logits[of][id]! - normalizers[of].logNormalizer);
  const ids = new Set([logits.fused, logits.ar, logits.mlm].flatMap((of) => largest(of, count)));
  if (chosen !== model.vocabulary.maskId && chosen < logits.fused.length) ids.add(chosen);
  return byLogit(logits.fused, [...ids]).map((id) => ({
    ...tokenOf(model.vocabulary, id),
    ar: probability('ar', id),
    mlm: probability('mlm', id),
    fused: probability('fused', id),
  }));
}
