// Runs an opened training: steps, metrics, saves. What is on disk at any moment is enough to go on from.
import { constants, copyFile, link, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeMaria, headFile, temporaryName } from '@maria/checkpoints';
import {
  draftScaleOf,
  MariaError,
  type TrainEvent,
  type TrainStep,
  trainHead,
  UsageError,
} from '@maria/core';
import { BestHead } from './best-head.js';
import { describedTraining } from './described-training.js';
import { FeatureCache, featuresFile } from './feature-cache.js';
import { MetricsFile, type MetricsRecord, metricsFile } from './metrics-file.js';
import type { OpenTraining } from './open-training.js';
import { newestState, pruneStates, writeState } from './run-state.js';
import { trainingOf } from './training-of.js';

export interface RunTrainingOptions {
  /** Most bytes of hidden states that are kept on disk. @default none */
  readonly featureCacheBytes?: number;
  readonly onWarning?: (message: string) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds. @default performance.now */
  readonly clock?: () => number;
}

export type RunEvent = TrainEvent<MetricsRecord>;

/**
 * Trains until the run's steps are taken. Reading the events drives it; a step's record is in the run's folder when its event comes.
 * @throws InterruptedError after the signal, when what is done is saved
 * @throws MariaError `diverged`, `write-failed`: the last saved state stays
 */
export async function* runTraining(
  run: OpenTraining,
  options: RunTrainingOptions = {},
): AsyncGenerator<RunEvent, void> {
  const { clock = () => performance.now(), signal } = options;
  const { settings, trainer, out } = run;
  const metrics = await MetricsFile.open(join(out, metricsFile), trainer.steps);
  const best = await BestHead.open(run);
  const cache = await openCache(run, options);
  let since = clock();
  try {
    yield* trainHead({
      ...trainingOf(run),
      ...(run.evalData && { evaluation: { windows: run.evalData.windows, every: settings.evalEvery } }),
      record: async (step) => {
        const now = clock();
        const record = recordOf(step, now - since);
        since = now;
        await metrics.append(record);
        await best.follow(record);
        return record;
      },
      save: async (rows) => save(run, metrics, rows && (await draftScaleOf(run.trainer.head, rows))),
      saveEvery: settings.saveEvery,
      ...(cache && { cache }),
      ...(signal && { signal }),
    });
    await cache?.close();
    await rm(join(out, featuresFile), { force: true });
  } catch (error) {
    throw explained(error, run);
  } finally {
    await cache?.close().catch(() => {});
    await metrics.close();
    // A run that was stopped before its first step leaves nothing.
    if (metrics.records.length === 0) await rm(join(out, metricsFile), { force: true });
  }
}

function recordOf(measured: TrainStep, milliseconds: number): MetricsRecord {
  const { step, loss, learningRate, tokens, maskedTokens, evalLoss } = measured;
  return {
    step,
    loss,
    learningRate,
    tokensPerSecond: Math.round((10_000 * tokens) / Math.max(1, milliseconds)) / 10,
    maskedTokens,
    ...(evalLoss !== undefined && { evalLoss, evalPerplexity: Math.exp(evalLoss) }),
  };
}

async function openCache(run: OpenTraining, { featureCacheBytes, onWarning }: RunTrainingOptions) {
  if (featureCacheBytes === undefined) return undefined;
  const { data, origin, settings, out } = run;
  return FeatureCache.open({
    file: join(out, featuresFile),
    maxBytes: featureCacheBytes,
    rows: settings.window,
    columns: origin.ar.hiddenSize,
    key: JSON.stringify([origin.ar.fingerprint, origin.quantize, origin.alignment.arPrefix, data.sha256]),
    ...(onWarning && { onWarning }),
  });
}

/**
 * First a new state appears, whole; then the checkpoint in the run's folder becomes the state's; then older states go. A run
 * that dies in between goes on from one of the two.
 */
async function save(run: OpenTraining, metrics: MetricsFile, draftScale?: number): Promise<void> {
  const { out, trainer, settings, origin } = run;
  await metrics.sync();
  const newest = newestState(out);
  // A run that took no step has nothing new to say.
  const folder =
    newest?.step === trainer.steps
      ? newest.folder
      : await writeState(out, { version: 1, step: trainer.steps, settings, ...origin }, trainer);
  await publish(run, folder, metrics.records.at(-1), draftScale);
  await pruneStates(out);
}

async function publish(
  run: OpenTraining,
  folder: string,
  last: MetricsRecord | undefined,
  draftScale: number | undefined,
): Promise<void> {
  await shareFile(join(folder, headFile), join(run.out, headFile));
  await describeMaria(run.out, {
    ...describedTraining(run, last),
    ...(draftScale !== undefined && { draftScale: Math.round(1000 * draftScale) / 1000 }),
  });
}

/** A second name for the same bytes where the file system has that, else a copy. The name is never missing or half written. */
async function shareFile(from: string, to: string): Promise<void> {
  const temporary = join(dirname(to), temporaryName(basename(to)));
  try {
    await link(from, temporary).catch(() => copyFile(from, temporary, constants.COPYFILE_EXCL));
    await rename(temporary, to);
  } finally {
    // Renaming one name of a file to another of the same does nothing.
    await rm(temporary, { force: true });
  }
}

/** The error with what is left of the run, and how to go on. */
function explained(error: unknown, { out, settings }: OpenTraining): unknown {
  if (!(error instanceof MariaError) || error instanceof UsageError) return error;
  const state = newestState(out);
  const learningRate = settings.learningRate / 10;
  const kept = state ? `Its state after ${state.step} steps is kept.` : 'Nothing of it is saved yet.';
  const hints: Record<string, string> = {
    diverged: `Train with a learning rate of ${learningRate}. ${kept}`,
    'write-failed': `Free some space. ${kept}`,
  };
  const hint = hints[error.code];
  return hint === undefined
    ? error
    : new MariaError(error.code, error.exitStatus, error.message, {
        try: hint,
        facts: { run: out, learningRate, ...(state && { savedSteps: state.step }) },
        cause: error,
      });
}
