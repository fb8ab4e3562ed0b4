// Why a token was chosen: what the AR model, the MLM and both fused make of each filled position.
import { InterruptedError } from '../errors.js';
import { checkSequence } from '../maria/alignment.js';
import type { MariaModel } from '../maria/model.js';
import { occupy } from '../maria/occupy.js';
import { type Matrix, row } from '../tensor/values.js';
import { type Distribution, largest } from './choose.js';
import { encodeMasked, fuse, MlmLogits, summarizeOrExplain, suppressedIds } from './fused-logits.js';
import { maskAt } from './mask-at.js';
import { arHiddenBefore } from './teacher-forced.js';

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
  model: MariaModel,
  ids: Int32Array,
  masked: readonly number[],
  { candidates: count = 5, chunk = 256, signal }: ExplainOptions = {},
): AsyncGenerator<ExplainedPosition> {
  const maskedIds = maskAt(ids, masked, model.vocabulary);
  checkSequence(model, ids, []);
  checkSequence(model, maskedIds, masked);
  const release = occupy(model);
  const onAbort = () => model.interrupt();
  signal?.addEventListener('abort', onAbort);
  try {
    const mlmHidden = await encodeMasked(model, maskedIds, masked);
    const mlmHalf = new MlmLogits(model, mlmHidden);
    const suppressed = suppressedIds(model);
    const fused = new Float32Array(model.head.vocabularySize);
    let index = 0;
    for await (const arHidden of arHiddenBefore(model, ids, masked, chunk)) {
      const arHalf = await model.head.arLogits(arHidden);
      const arAlone = await model.experts.ar.logits(arHidden);
      const mlmAlone = await model.experts.mlm.logits(rowsOf(mlmHidden, index, arHidden.rows));
      for (let i = 0; i < arHidden.rows; i++, index++) {
        if (signal?.aborted) throw new InterruptedError();
        fuse(row(arHalf, i), await mlmHalf.row(index), suppressed, fused);
        const logits = { ar: row(arAlone, i), mlm: row(mlmAlone, i), fused };
        for (const id of suppressed) logits.ar[id] = logits.mlm[id] = -Infinity;
        yield { position: masked[index]!, candidates: await candidatesOf(model, logits, count) };
      }
    }
  } finally {
    release();
    signal?.removeEventListener('abort', onAbort);
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

function rowsOf({ columns, data }: Matrix, first: number, rows: number): Matrix {
  return { rows, columns, data: data.subarray(first * columns, (first + rows) * columns) };
}
