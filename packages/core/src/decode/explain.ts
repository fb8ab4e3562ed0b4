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
import { byLogit, type Distribution, largest, summarizeOrExplain, suppressed } from './choose.js';
import { constrainGaps } from './constrain-gaps.js';
import { fuse } from './fused-logits.js';
import { GapFollower } from './gap-follower.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { legalDistribution } from './legal-logits.js';
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
  /** Of a gap of which something is asked: under the fused head, among the tokens that are as asked; 0 for one that is not. */
  readonly legal?: number;
}

export interface ExplainedPosition {
  readonly position: number;
  /** Of a gap of which something is asked: what the tokens that are as asked have together, of `fused`. */
  readonly legalMass?: number;
  /**
   * The union of each one's most probable tokens, of those that are as asked, and the token that is there; by fused probability, the largest
   * first.
   */
  readonly candidates: readonly Candidate[];
}

export interface ExplainOptions {
  /** How many tokens of each of the three distributions. @default 5 */
  candidates?: number;
  /** The text with gaps that was filled: only what fits into it is a candidate then, as when it was filled. Gaps that are not masked were kept. */
  text?: string;
  /** What was asked of each gap of the text, by its place. Which tokens are as asked is told, and those that are not are still candidates. */
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
    text === undefined
      ? undefined
      : await unlessAborted(textFilters(pair, text, ids, masked, options), signal);
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
        const { fit, asked } = filters?.at(masked[index]!) ?? {};
        for (const one of Object.values(logits)) {
          suppress(one);
          // What is not as asked is told of with what fits the text, and what does not.
          if (asked?.restrict) continue;
          fit?.(one);
          asked?.favour?.(one);
        }
        const restricted = asked?.restrict && fused.slice();
        const legal = restricted && {
          logits: restricted,
          ...(await legalDistribution(model, restricted, { suppress, fit, asked }))!,
        };
        filters?.chosen(masked[index]!, chosen);
        yield {
          position: masked[index]!,
          ...(legal && { legalMass: legal.legalMass! }),
          candidates: await candidatesOf(model, { ...logits, legal }, count, chosen),
        };
      }
    }
  } finally {
    leave();
  }
}

/** What the text asks of the token at a position. Undefined where the text is of another sequence. */
async function textFilters(
  model: MariaModel,
  text: string,
  ids: Int32Array,
  masked: readonly number[],
  { gaps = [], lengths, lineBreaks = true }: ExplainOptions,
) {
  const { vocabulary } = model;
  if (parseGaps(text, vocabulary).gaps.length === 0) return undefined;
  const fixed = lengths === undefined ? text : fixLengths(text, lengths, vocabulary);
  // The ids tell how long the gaps are.
  const prepared = await prepareInput(model, fixed, { findsLengths: false });
  const indices = new Map(prepared.positions.map((at, index) => [at, index]));
  if (prepared.ids.length !== ids.length || !masked.every((at) => indices.has(at))) return undefined;
  const isMasked = new Set(masked);
  const kept = new Map(prepared.positions.filter((at) => !isMasked.has(at)).map((at) => [at, ids[at]!]));
  const asked = await constrainGaps(model, { ...prepared, kept }, { gaps, lineBreaks });
  const filters = new TextFilters(vocabulary, asked, { lineBreaks });
  const follower = new GapFollower(vocabulary, asked);
  /** Index of the first position that the follower has not heard of. */
  let next = 0;
  const readKept = (before: number) => {
    while (next < before) follower.chosen(next, ids[prepared.positions[next++]!]!);
  };
  return {
    at: (position: number) => {
      const index = indices.get(position)!;
      readKept(index);
      return { fit: filters.at(index), asked: follower.at(index) };
    },
    chosen: (position: number, id: number) => filters.chosen(indices.get(position)!, id),
  };
}

async function candidatesOf(
  model: MariaModel,
  {
    legal,
    ...logits
  }: Record<'ar' | 'mlm' | 'fused', Float32Array> & {
    readonly legal: { readonly logits: Float32Array; readonly distribution: Distribution } | undefined;
  },
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
  const lists = [logits.fused, logits.ar, logits.mlm, ...(legal ? [legal.logits] : [])];
  const ids = new Set(lists.flatMap((of) => largest(of, count)));
  if (chosen !== model.vocabulary.maskId && chosen < logits.fused.length) ids.add(chosen);
  return byLogit(logits.fused, [...ids]).map((id) => ({
    ...tokenOf(model.vocabulary, id),
    ar: probability('ar', id),
    mlm: probability('mlm', id),
    fused: probability('fused', id),
    ...(legal && { legal: Math.exp(legal.logits[id]! - legal.distribution.logNormalizer) }),
  }));
}
