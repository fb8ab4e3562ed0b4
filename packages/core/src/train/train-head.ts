// The training loop: features of frozen backbones in, steps of the head, evaluations and saves out. Everything that a
// step does follows from the seed and the step's number, so a run that goes on from a save equals one that never stopped.

import { firstMaskable } from '../decode/hidden-pair.js';
import { ExitStatus, InterruptedError, MariaError } from '../errors.js';
import { objectiveOf } from '../maria/objective.js';
import type { Refresh } from '../maria/refresh.js';
import { type Backbones, type FeatureItem, featuresOf, type HiddenStateCache } from './features.js';
import type { HeadTrainer, HiddenRows } from './head-trainer.js';
import { itemOrder } from './item-order.js';
import { type LearningRateOptions, learningRate } from './learning-rate.js';
import type { Masking } from './masking.js';
import { type MaskPurpose, maskSampler } from './sample-mask.js';
import type { Windows } from './windows.js';
import { wordStarts } from './word-starts.js';

/** @template R what the events of steps carry */
export interface TrainHeadOptions<R = unknown> {
  /** May have taken steps already: training goes on after them. */
  readonly trainer: HeadTrainer;
  readonly backbones: Backbones & { interrupt(): void };
  readonly windows: Windows;
  /** Strings of the tokens, by id: where words start. */
  readonly tokens: readonly (string | undefined)[];
  readonly masking: Masking;
  /** When the MLM reads again; the head is used so too. @default 'off' */
  readonly refresh?: Refresh | undefined;
  readonly seed: number;
  /** Windows of a step. */
  readonly batch: number;
  readonly learningRate: LearningRateOptions;
  /** Held-out windows, masked once for all runs: their masks depend on the masking only. */
  readonly evaluation?: { readonly windows: Windows; readonly every: number };
  /**
   * Keeps what was measured, before anything is saved after it; the step's event carries what this returns.
   * @param rows what the backbones see of the held-out text, or of the batch where there is none
   */
  record(step: TrainStep, rows: HiddenRows): Promise<R>;
  /**
   * Keeps the head and the optimiser's state as they are after `trainer.steps` steps.
   * @param rows as `record` has them, undefined where none was read
   */
  save(rows: HiddenRows | undefined): Promise<void>;
  /** Steps between saves; the end is always saved. */
  readonly saveEvery: number;
  readonly cache?: HiddenStateCache;
  /** Saves what is done, then ends with InterruptedError. */
  readonly signal?: AbortSignal;
}

/** What is measured before a step is taken. */
export interface TrainStep {
  /** Steps taken before: the losses are those of the head after them. The last one is of a head that no step follows. */
  readonly step: number;
  /** Mean loss of the masked tokens of the batch, in nats. */
  readonly loss: number;
  /** Of the step that follows. */
  readonly learningRate: number;
  /** Tokens of the batch, and how many of them are masked. */
  readonly tokens: number;
  readonly maskedTokens: number;
  /** Mean loss of the held-out masked tokens, where evaluated. */
  readonly evalLoss?: number;
}

export type TrainEvent<R> =
  | { readonly type: 'step'; readonly record: R }
  | { readonly type: 'saved'; readonly step: number };

/** Held-out text is masked in the same way whatever the run's own seed. */
const evaluationSeed = 0;
/** A loss of so many times that of guessing is no learning any more. */
const divergence = 4;

/** Above this loss, in nats, a run over so many ids has diverged. */
export function mostSaneLoss(vocabularySize: number): number {
  return divergence * Math.log(vocabularySize);
}

/**
 * @throws MariaError `diverged` when a loss or a gradient is not finite, or a loss is far above that of guessing; nothing
 * is saved then that gave such a loss
 * @throws InterruptedError after the signal
 */
export async function* trainHead<R>(options: TrainHeadOptions<R>): AsyncGenerator<TrainEvent<R>, void> {
  const { trainer, backbones, signal } = options;
  const onAbort = () => {
    backbones.interrupt();
    trainer.interrupt();
  };
  signal?.addEventListener('abort', onAbort);
  try {
    yield* new Run(options).steps();
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

class Run<R> {
  readonly #options: TrainHeadOptions<R>;
  readonly #batchOf: (step: number) => FeatureItem[];
  #held: HiddenRows | undefined;
  /** The last batch whose gradient was followed. */
  #last: HiddenRows | undefined;
  #saved: number;

  constructor(options: TrainHeadOptions<R>) {
    this.#options = options;
    this.#batchOf = batches(options);
    this.#saved = options.trainer.steps;
  }

  async *steps(): AsyncGenerator<TrainEvent<R>, void> {
    const { trainer, record, saveEvery, learningRate: rates, signal } = this.#options;
    for (;;) {
      const step = trainer.steps;
      const isLast = step >= rates.steps;
      const rate = learningRate(rates, step);
      const measured = await this.#measureUnlessAborted(step, isLast);
      if (measured) {
        const { rows, ...losses } = measured;
        yield { type: 'step', record: await record({ ...losses, learningRate: rate }, this.#held ?? rows) };
        this.#last = rows;
        if (isLast || (step % saveEvery === 0 && step > this.#saved)) yield await this.#save(step);
        if (isLast) return;
      }
      if (!measured || signal?.aborted) {
        trainer.discard();
        if (step > this.#saved) {
          await this.#measureAgain(step);
          yield await this.#save(step);
        }
        throw new InterruptedError();
      }
      await trainer.update(rate);
    }
  }

  /** Undefined when the signal came first. */
  async #measureUnlessAborted(step: number, isLast: boolean) {
    const { signal } = this.#options;
    if (signal?.aborted) return undefined;
    try {
      return await this.#measure(step, isLast);
    } catch (error) {
      if (signal?.aborted && error instanceof InterruptedError) return undefined;
      throw error;
    }
  }

  /** Losses of the head as it is; the gradient is accumulated for the step that follows. */
  async #measure(step: number, isLast: boolean) {
    const { trainer, backbones, cache, refresh, signal, evaluation, learningRate: rates } = this.#options;
    const items = this.#batchOf(step);
    const rows = await featuresOf(backbones, items, { cache, refresh, signal });
    // Before the gradient, so that an interrupted evaluation leaves none behind.
    const evaluates = evaluation && (step % evaluation.every === 0 || step >= rates.steps);
    const evalLoss = evaluates ? this.#check(step, await this.#evaluate(evaluation.windows)) : undefined;
    const losses = isLast ? await trainer.losses(rows) : await trainer.accumulate(rows);
    const { loss, tokens: maskedTokens } = objectiveOf(losses);
    const tokens = items.reduce((n, { ids }) => n + ids.length, 0);
    return {
      step,
      loss: this.#check(step, loss),
      tokens,
      maskedTokens,
      rows,
      ...(evalLoss !== undefined && { evalLoss }),
    };
  }

  async #evaluate(windows: Windows): Promise<number> {
    const { trainer, backbones, refresh, signal } = this.#options;
    const items = () => maskedWindows(this.#options, windows, evaluationSeed, 'evaluation');
    this.#held ??= await featuresOf(backbones, items(), { refresh, signal });
    return objectiveOf(await trainer.losses(this.#held)).loss;
  }

  async #save(step: number): Promise<TrainEvent<R>> {
    await this.#options.save(this.#held ?? this.#last);
    this.#saved = step;
    return { type: 'saved', step };
  }

  /** Only a head that gives sane losses may replace the last one that did. */
  async #measureAgain(step: number): Promise<void> {
    if (this.#last) this.#check(step, objectiveOf(await this.#options.trainer.losses(this.#last)).loss);
  }

  #check(step: number, loss: number): number {
    const { trainer, learningRate: rates } = this.#options;
    const limit = mostSaneLoss(trainer.vocabularySize);
    if (loss <= limit) return loss;
    throw new MariaError(
      'diverged',
      ExitStatus.failed,
      `Cannot go on training: the loss after ${step} steps is ${loss}${loss > limit ? `, above ${limit.toFixed(1)}` : ''}, with a learning rate of up to ${rates.peak}.`,
      { try: 'Use a lower learning rate.' },
    );
  }
}

function batches(options: TrainHeadOptions): (step: number) => FeatureItem[] {
  const { windows, seed, batch } = options;
  const windowOf = itemOrder(seed, windows.count);
  const mask = maskItem(options, seed, 'training');
  return (step) =>
    Array.from({ length: batch }, (_, i) => {
      const item = step * batch + i;
      const window = windowOf(item);
      return mask(item, window, windows.get(window));
    });
}

/** Every window with its mask. */
function maskedWindows(
  options: TrainHeadOptions,
  windows: Windows,
  seed: number,
  purpose: MaskPurpose,
): FeatureItem[] {
  const mask = maskItem(options, seed, purpose);
  return Array.from({ length: windows.count }, (_, window) => mask(window, window, windows.get(window)));
}

function maskItem(
  { masking, tokens, backbones }: TrainHeadOptions,
  seed: number,
  purpose: MaskPurpose,
): (item: number, window: number, ids: Int32Array) => FeatureItem {
  const sample = maskSampler(masking, seed, purpose);
  const first = firstMaskable(backbones.alignment);
  return (item, window, ids) => ({
    ids,
    window,
    masked: sample(item, { length: ids.length, first, startsWord: wordStarts(ids, tokens) }),
  });
}
