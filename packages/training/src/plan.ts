// What a run will take, before it starts: steps, memory, disk.
import type { Windows } from '@maria/core';
import type { TrainSettings } from './settings.js';
import type { TrainingPair } from './training-pair.js';

export interface TrainingPlan {
  /** Steps taken already. */
  readonly from: number;
  readonly settings: TrainSettings;
  readonly windows: number;
  readonly tokens: number;
  readonly documents: number;
  /** Whether only a part of the data was read, because the run needs no more. */
  readonly isPart: boolean;
  /** Passes over the windows. */
  readonly epochs: number;
  readonly evalWindows: number;
  readonly head: { readonly vocabularySize: number; readonly ar: number; readonly mlm: number };
  /** Bytes. The backbones are mapped from their files. */
  readonly memory: {
    readonly backbones: number;
    readonly head: number;
    readonly optimizer: number;
    readonly gradient: number;
    readonly logits: number;
    /** Hidden states of a step. */
    readonly features: number;
    readonly evaluation: number;
    readonly data: number;
  };
  /** Most bytes in the folder: two states while one replaces the other, and the best head of a run that evaluates. */
  readonly disk: number;
}

/** Arrays [chunk, V] that exist at a time. */
const logitArrays = 5;

export interface PlanOf {
  readonly from: number;
  readonly settings: TrainSettings;
  readonly training: TrainingPair;
  readonly vocabularySize: number;
  readonly windows: Windows;
  readonly isPart: boolean;
  readonly evalWindows: Windows | undefined;
  /** Tokens that go through the head at once. */
  readonly chunk: number;
}

export function planOf(run: PlanOf): TrainingPlan {
  const { settings, windows, evalWindows, vocabularySize: V, training } = run;
  const sizes = {
    ar: training.pair.ar.architecture.sizes.hiddenSize,
    mlm: training.pair.mlm.architecture.sizes.hiddenSize,
  };
  const columns = sizes.ar + sizes.mlm;
  const head = 4 * V * (columns + 1);
  const sources = new Set([training.ar.weights, training.mlm.weights]);
  const weights = [...sources].flatMap(({ entries }) => [...entries.values()]);
  return {
    from: run.from,
    settings,
    windows: windows.count,
    tokens: windows.tokens,
    documents: windows.documents,
    isPart: run.isPart,
    epochs: (settings.steps * settings.batch) / windows.count,
    evalWindows: evalWindows?.count ?? 0,
    head: { vocabularySize: V, ...sizes },
    memory: {
      backbones: weights.reduce((total, { length }) => total + length, 0),
      head,
      optimizer: 2 * head,
      gradient: head,
      logits: logitArrays * 4 * run.chunk * V,
      // Half of the tokens are masked, more or less.
      features: ((settings.batch * windows.tokens) / windows.count / 2) * 4 * columns,
      evaluation: ((evalWindows?.tokens ?? 0) / 2) * 4 * columns,
      data: 4 * (windows.tokens + (evalWindows?.tokens ?? 0)),
    },
    disk: 2 * 3 * head + (evalWindows ? head : 0),
  };
}
