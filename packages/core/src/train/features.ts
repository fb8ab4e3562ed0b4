// What frozen backbones see of masked tokens: the inputs of the head, and all that it learns from.
import { InterruptedError } from '../errors.js';
import type { Alignment } from '../maria/model.js';
import type { CausalModel } from '../models/causal-model.js';
import type { MaskedModel } from '../models/masked-model.js';
import { type Matrix, row } from '../tensor/values.js';
import type { HiddenRows } from './head-trainer.js';

export interface Backbones {
  readonly ar: CausalModel;
  readonly mlm: MaskedModel;
  readonly alignment: Alignment;
  readonly maskId: number;
}

/**
 * Keeps the AR model's hidden states of windows: they do not depend on what is masked, so that they are the same in every
 * epoch. What comes back has the very bits that went in.
 */
export interface HiddenStateCache {
  read(window: number): Promise<Matrix | undefined>;
  write(window: number, hidden: Matrix): Promise<void>;
}

/** A window of tokens, which of its positions are masked, and its number in the cache. */
export interface FeatureItem {
  readonly ids: Int32Array;
  /** Ascending, not empty. */
  readonly masked: readonly number[];
  readonly window: number;
}

export interface FeaturesOptions {
  readonly cache?: HiddenStateCache | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs both models over each item and gathers the rows of its masked tokens, item after item.
 * @throws InterruptedError when the signal aborts
 */
export async function featuresOf(
  backbones: Backbones,
  items: readonly FeatureItem[],
  { cache, signal }: FeaturesOptions = {},
): Promise<HiddenRows> {
  const count = items.reduce((n, { masked }) => n + masked.length, 0);
  const ar = emptyMatrix(count, backbones.ar.hiddenSize);
  const mlm = emptyMatrix(count, backbones.mlm.hiddenSize);
  const targets = new Int32Array(count);
  let at = 0;
  for (const { ids, masked, window } of items) {
    if (signal?.aborted) throw new InterruptedError();
    const before = await hiddenBefore(backbones, ids, window, cache);
    // Row 0 belongs to position 0 where something stands before it, else to position 1.
    const skipped = ids.length - before.rows;
    masked.forEach((position, i) => {
      ar.data.set(row(before, position - skipped), (at + i) * ar.columns);
      targets[at + i] = ids[position]!;
    });
    const within = await encodeMasked(backbones, ids, masked);
    const { mlmPrefix } = backbones.alignment;
    masked.forEach((position, i) => {
      mlm.data.set(row(within, mlmPrefix.length + position), (at + i) * mlm.columns);
    });
    at += masked.length;
  }
  return { ar, mlm, targets };
}

/** First position that can be masked: the AR model needs something to read before it. */
export function firstMaskable({ arPrefix }: Alignment): number {
  return arPrefix.length > 0 ? 0 : 1;
}

function emptyMatrix(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float32Array(rows * columns) };
}

/** h_ar(i-1) of every position i that has something before it. Always of the whole window in one pass: the same bits whatever is masked. */
async function hiddenBefore(
  { ar, alignment: { arPrefix } }: Backbones,
  ids: Int32Array,
  window: number,
  cache: HiddenStateCache | undefined,
): Promise<Matrix> {
  const cached = await cache?.read(window);
  if (cached) return cached;
  const sequence = Int32Array.from([...arPrefix, ...ids.subarray(0, -1)]);
  ar.truncate(0);
  const hidden = await ar.extend(sequence);
  const start = Math.max(0, arPrefix.length - 1);
  const { columns } = hidden;
  const before = { rows: hidden.rows - start, columns, data: hidden.data.subarray(start * columns) };
  await cache?.write(window, before);
  return before;
}

async function encodeMasked(
  { mlm, alignment, maskId }: Backbones,
  ids: Int32Array,
  masked: readonly number[],
): Promise<Matrix> {
  const { mlmPrefix, mlmSuffix } = alignment;
  const sequence = Int32Array.from([...mlmPrefix, ...ids, ...mlmSuffix]);
  for (const position of masked) sequence[mlmPrefix.length + position] = maskId;
  return mlm.encode(sequence);
}
