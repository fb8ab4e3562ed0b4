// What frozen backbones see of masked tokens: the inputs of the head, and all that it learns from.
import { HiddenBefore, hiddenWithin } from '../decode/hidden-pair.js';
import { maskAt } from '../decode/mask-at.js';
import { schedulerOf } from '../decode/scheduler.js';
import type { SequenceAr } from '../decode/sequence.js';
import { InterruptedError } from '../errors.js';
import type { Alignment } from '../maria/model.js';
import { type Refresh, readingStarts } from '../maria/refresh.js';
import type { CausalModel } from '../models/causal-model.js';
import type { MaskedModel } from '../models/masked-model.js';
import { emptyMatrix, type Matrix, row } from '../tensor/values.js';
import type { HiddenRows } from './head-trainer.js';

export interface Backbones {
  readonly ar: CausalModel;
  readonly mlm: MaskedModel;
  readonly alignment: Alignment;
  readonly maskId: number;
  /** As a model has it. @default true */
  readonly rowsAreExact?: boolean;
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
  /** When the MLM reads again: each token is seen with those before it that are filled by then. @default 'off' */
  readonly refresh?: Refresh | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs both models over each item and gathers the rows of its masked tokens, item after item.
 * @throws InterruptedError when the signal aborts
 */
export async function featuresOf(
  backbones: Backbones,
  items: readonly FeatureItem[],
  { cache, refresh = 'off', signal }: FeaturesOptions = {},
): Promise<HiddenRows> {
  const count = items.reduce((n, { masked }) => n + masked.length, 0);
  const ar = emptyMatrix(count, backbones.ar.hiddenSize);
  const mlm = emptyMatrix(count, backbones.mlm.hiddenSize);
  const targets = new Int32Array(count);
  const readItem = async ({ ids, masked, window }: FeatureItem, at: number) => {
    const { parts, leave } = schedulerOf(backbones).enter({ signal, exact: true });
    const { alignment } = backbones;
    try {
      const before = await hiddenBefore({ ar: parts.ar!, alignment }, ids, window, cache);
      const first = ids.length - before.rows;
      masked.forEach((position, i) => {
        ar.data.set(row(before, position - first), (at + i) * ar.columns);
        targets[at + i] = ids[position]!;
      });
      const starts = readingStarts(refresh, masked);
      for (let start = 0; start < masked.length; ) {
        const next = starts.findIndex((other) => other > start);
        const end = next < 0 ? masked.length : next;
        const maskedIds = maskAt(ids, masked.slice(start), backbones);
        const within = await hiddenWithin(
          { mlm: parts.mlm!, alignment },
          maskedIds,
          masked.slice(start, end),
        );
        mlm.data.set(within.data, (at + start) * mlm.columns);
        start = end;
      }
    } finally {
      leave();
    }
  };
  let next = 0;
  let at = 0;
  const readOn = async () => {
    while (next < items.length) {
      if (signal?.aborted) throw new InterruptedError();
      const item = items[next++]!;
      const start = at;
      at += item.masked.length;
      await readItem(item, start);
    }
  };
  await allSettled(Array.from({ length: backbones.ar.lanes }, readOn));
  return { ar, mlm, targets };
}

/** Waits for all, and throws the first error then: nothing goes on behind the caller. */
async function allSettled(tasks: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
}

/** h_ar(i-1) of every position i that has something before it. Always of the whole window in one pass: the same bits whatever is masked. */
async function hiddenBefore(
  sequence: { readonly ar: SequenceAr; readonly alignment: Alignment },
  ids: Int32Array,
  window: number,
  cache: HiddenStateCache | undefined,
): Promise<Matrix> {
  const cached = await cache?.read(window);
  if (cached) return cached;
  const before = await new HiddenBefore(sequence, ids).ofAll();
  await cache?.write(window, before);
  return before;
}
