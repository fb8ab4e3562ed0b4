// Why a token was chosen: what the AR model, the MLM and both fused make of each filled position.
import { InterruptedError } from '../errors.js';
import { checkSequence } from '../maria/alignment.js';
import { type MariaModel, requireParts } from '../maria/model.js';
import { occupy } from '../maria/occupy.js';
import { row } from '../tensor/values.js';
import { type Distribution, largest, summarizeOrExplain, suppressed } from './choose.js';
import { fuse, MlmLogits, rowsFrom } from './fused-logits.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { maskAt } from './mask-at.js';

export interface Candidate {
  readonly id: number;
  readonly token: string;
  /** Under the AR model alone, the MLM alone, and the fused head; at temperature 1, over the ids that may be sampled. */
  readonly ar: number;
  readonly mlm: number;
  readonly fused: number;
}

export interface ExplainedPosition {
  readonly position: number;
  /** The union of each one's most probable tokens, by fused probability, the largest first. */
  readonly candidates: readonly Candidate[];
}

export interface ExplainOptions {
  /** How many tokens of each of the three distributions. @default 5 */
  candidates?: number;
  /** Most tokens of one AR pass. @default 256 */
  chunk?: number;
  signal?: AbortSignal;
}

/**
 * For each of `masked` in order (ascending): the candidates at that position, with `ids` as they were filled to its left and
 * all of `masked` hidden from the MLM. One MLM pass, and one AR pass a chunk.
 * @throws UsageError and DataError as `infill` does
 */
export async function* explain(
  pair: MariaModel,
  ids: Int32Array,
  masked: readonly number[],
  { candidates: count = 5, chunk, signal }: ExplainOptions = {},
): AsyncGenerator<ExplainedPosition> {
  const maskedIds = maskAt(ids, masked, pair.vocabulary);
  checkSequence(pair, ids, []);
  checkSequence(pair, maskedIds, masked);
  const model = requireParts(pair, ['ar', 'mlm', 'head', 'experts.ar', 'experts.mlm'], 'explain the fills');
  const release = occupy(pair, signal);
  try {
    const within = await hiddenWithin(model, maskedIds, masked);
    const mlmHalf = new MlmLogits(model.head, within);
    const suppress = suppressed(model);
    const fused = new Float32Array(model.vocabularySize);
    let index = 0;
    for await (const before of new HiddenBefore(model, ids, chunk).of(masked)) {
      const arHalf = await model.head.arLogits(before);
      const arAlone = await model.experts.ar.logits(before);
      const mlmAlone = await model.experts.mlm.logits(rowsFrom(within, index, before.rows));
      for (let i = 0; i < before.rows; i++, index++) {
        if (signal?.aborted) throw new InterruptedError();
        fuse(row(arHalf, i), await mlmHalf.row(index), fused);
        const logits = { ar: row(arAlone, i), mlm: row(mlmAlone, i), fused };
        for (const one of Object.values(logits)) suppress(one);
        yield { position: masked[index]!, candidates: await candidatesOf(model, logits, count) };
      }
    }
  } finally {
    release();
  }
}

async function candidatesOf(
  model: MariaModel,
  logits: Record<'ar' | 'mlm' | 'fused', Float32Array>,
  count: number,
): Promise<Candidate[]> {
  const normalizers: Record<'ar' | 'mlm' | 'fused', Distribution> = {
    ar: await summarizeOrExplain(model, logits.ar),
    mlm: await summarizeOrExplain(model, logits.mlm),
    fused: await summarizeOrExplain(model, logits.fused),
  };
  const probability = (of: 'ar' | 'mlm' | 'fused', id: number) =>
    Math.exp(logits[of][id]! - normalizers[of].logNormalizer);
  const ids = new Set([logits.fused, logits.ar, logits.mlm].flatMap((of) => largest(of, count)));
  return [...ids]
    .map((id) => ({
      id,
      token: model.vocabulary.decode([id]),
      ar: probability('ar', id),
      mlm: probability('mlm', id),
      fused: probability('fused', id),
    }))
    .sort((a, b) => b.fused - a.fused || a.id - b.id);
}
