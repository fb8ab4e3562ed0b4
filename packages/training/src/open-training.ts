// Opens a training run: models, data, settings and, where it goes on, its newest state; everything is checked before a step is taken.
import { resolve } from 'node:path';
import {
  type CopyProgress,
  type NamedModels,
  type PairOptions,
  type PullProgress,
  type Quantization,
  startBackend,
  warnOfOtherBackbones,
} from '@maria/checkpoints';
import {
  createHeadTrainer,
  type HeadArrays,
  type HeadTrainer,
  parseMasking,
  randomHead,
  readHead,
  UsageError,
} from '@maria/core';
import type { BackendChoice, DeviceChoice, DeviceDType } from '@maria/kernels';
import { type DataSource, fileSource } from './data-source.js';
import { planOf, type TrainingPlan } from './plan.js';
import { type ReadWindows, readWindows } from './read-windows.js';
import { refuseShortMemory } from './refuse-short-memory.js';
import { type FoundState, stateToGoOnFrom, takeFolder, trainingRun } from './run-folder.js';
import { dataOf, differences, originOf, type RunOrigin, streamSource } from './run-origin.js';
import { type RunState, readStateTensors } from './run-state.js';
import {
  completeSettings,
  defaultSettings,
  enoughData,
  type GivenSettings,
  resumeSettings,
  type TrainSettings,
} from './settings.js';
import { spreadWindows } from './spread.js';
import {
  longestWindow,
  openTrainingPair,
  runTrainingBackbones,
  type TrainingBackbones,
  type TrainingPair,
} from './training-pair.js';

export interface OpenTrainingOptions extends NamedModels, PairOptions {
  /** Folder of the run. Nothing is written to it when `isDry`. */
  readonly out: string;
  /** Required for a new run; a run that goes on reads its own files again. */
  readonly data?: readonly DataSource[];
  /** Held-out text, never trained on. */
  readonly evalData?: readonly DataSource[];
  readonly settings?: GivenSettings;
  /** Go on from the newest state in the folder, if it holds one. @default false */
  readonly resume?: boolean;
  readonly isDry?: boolean;
  /** How the backbones are held. @default 'none', of a run that goes on as before */
  readonly quantize?: Quantization;
  readonly backend?: BackendChoice;
  /** As `loadModel` has them. The head is trained there too, in float32 whatever the models compute in. */
  readonly device?: DeviceChoice;
  readonly dtype?: DeviceDType;
  readonly gpuMemory?: number;
  readonly tf32?: boolean;
  readonly threads?: number;
  readonly onProgress?: (progress: { documents: number; windows: number; tokens: number }) => void;
  readonly onPull?: (progress: PullProgress) => void;
  readonly onQuantize?: (progress: CopyProgress) => void;
  readonly signal?: AbortSignal;
}

/** All that a run needs, ready for its next step. */
export interface OpenTraining {
  readonly out: string;
  readonly settings: TrainSettings;
  readonly origin: RunOrigin;
  readonly training: TrainingPair;
  readonly backbones: TrainingBackbones;
  readonly trainer: HeadTrainer;
  readonly data: ReadWindows;
  readonly evalData: ReadWindows | undefined;
  readonly plan: TrainingPlan;
  dispose(): void;
}

/** Held-out text is read up to so many windows for each that is evaluated. */
const evalReadFactor = 16;
/** Tokens that go through the head at once. */
const chunk = 256;

/**
 * @throws UsageError for options that do not go together, or a folder that holds a run already
 * @throws DataError when models or data are missing or unfit, or do not fit the run that goes on
 * @throws MariaError `run-locked`, `write-failed`
 */
export async function openTraining(options: OpenTrainingOptions): Promise<OpenTraining> {
  const out = resolve(options.out);
  const release = options.isDry ? () => {} : await takeFolder(out, trainingRun);
  const held: { dispose(): void }[] = [];
  const dispose = () => {
    for (const part of held.splice(0).reverse()) part.dispose();
    release();
  };
  try {
    const found = stateToGoOnFrom(out, options);
    const opened = await openParts(out, options, found, held);
    return { ...opened, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

async function openParts(
  out: string,
  options: OpenTrainingOptions,
  found: FoundState | undefined,
  held: { dispose(): void }[],
): Promise<Omit<OpenTraining, 'dispose'>> {
  const { state } = found ?? {};
  const { starting, available } = await startBackend(options);
  const given = options.settings ?? {};
  const withHead = given.init === undefined || given.init === 'model';
  const sources = sourcesOf(options, state);
  const training = await openTrainingPair(namesOf(options, state), options, { withHead });
  const window =
    given.window ?? state?.settings.window ?? Math.min(defaultSettings.window, longestWindow(training.pair));
  const reading = {
    vocabulary: training.pair.vocabulary,
    length: window,
    ...pick(options, 'onProgress', 'signal'),
  };
  const data = await readWindows(sources.data, {
    ...reading,
    enough: enoughData(given, state?.settings),
  });
  const settings = settingsOf(training, data, { ...given, window }, options, state);
  const evalRead =
    sources.evalData &&
    (await readWindows(sources.evalData, {
      ...reading,
      enough: { windows: evalReadFactor * settings.evalWindows },
    }));
  const evalData = evalRead && {
    ...evalRead,
    windows: spreadWindows(evalRead.windows, settings.evalWindows),
  };

  const V = state?.vocabularySize ?? training.pair.head.vocabularySize;
  const alignment =
    state && !options.arPrefix && !options.mlmTemplate ? state.alignment : training.pair.alignment;
  const aligned = { ...training, pair: { ...training.pair, alignment } };
  const quantize = options.quantize ?? state?.quantize ?? 'none';
  // Of a run that goes on, the difference to what it was started with is told of.
  if (!state) warnOfOtherBackbones(training.pair, { ...options, quantize });
  const origin = originOf(
    aligned,
    quantize,
    alignment,
    V,
    dataOf(sources.data, data),
    evalRead && dataOf(sources.evalData!, evalRead),
  );
  if (state) {
    const now = { ...origin, vocabularySize: training.pair.head.vocabularySize };
    for (const line of differences(state, now)) options.onWarning?.(line);
  }

  // Before backbones and head are in memory.
  const plan = planOf({
    from: state?.step ?? 0,
    settings,
    training,
    vocabularySize: V,
    windows: data.windows,
    isPart: data.isPart,
    evalWindows: evalData?.windows,
    chunk,
  });
  refuseShortMemory(plan, available);

  const backend = await starting;
  const backbones = await runTrainingBackbones(backend, aligned, window, {
    ...pick(options, 'onWarning', 'onNote', 'onQuantize', 'signal', 'threads'),
    quantize,
  });
  held.push(backbones);
  const start = found && { ...readStateTensors(found.folder, found.state), steps: found.state.step };
  const head = start?.head ?? startingHead(training, settings);
  const { clip, weightDecay } = settings;
  const trainer = await createHeadTrainer(backend, {
    head,
    chunk,
    optimizer: { weightDecay },
    ...(clip > 0 && { clip }),
    ...(start && { start }),
  });
  held.push(trainer);
  return { out, settings, origin, training: aligned, backbones, trainer, data, evalData, plan };
}

/** The backbones that a run was started with, unless others are named. */
function namesOf({ model, ar, mlm }: OpenTrainingOptions, state: RunState | undefined): NamedModels {
  if (!state)
    return {
      ...(model !== undefined && { model }),
      ...(ar !== undefined && { ar }),
      ...(mlm !== undefined && { mlm }),
    };
  if (model !== undefined)
    throw new UsageError('options-exclude', 'Cannot go on with the run from another head.', {
      try: 'Start a run in another folder.',
      facts: { options: ['model', 'resume'] },
    });
  const folders = { ar: ar ?? state.ar.path, mlm: mlm ?? state.mlm.path };
  // Both are in one folder only where that is a MARIA model as published.
  return folders.ar === folders.mlm ? { model: folders.ar } : folders;
}

function sourcesOf({ data, evalData, settings }: OpenTrainingOptions, state: RunState | undefined) {
  const again = (recorded: RunState['data'] | undefined) =>
    recorded?.sources.map((source) => {
      if (source !== streamSource) return fileSource(source);
      throw new UsageError(
        'data-gone',
        'Cannot go on with the run: its data came from a stream such as standard input, which cannot be read again.',
        { try: 'Give the same text again.' },
      );
    });
  const training = data ?? again(state?.data);
  if (!training || training.length === 0)
    throw new UsageError('no-data', 'Cannot train: no data were given.', {
      try: 'Give a text to train on.',
      facts: { sources: 0 },
    });
  const heldOut = evalData ?? again(state?.evalData);
  if (!heldOut) refuseEvaluation(settings);
  return { data: training, evalData: heldOut };
}

/** Without held-out data, what says how to evaluate would be ignored. */
function refuseEvaluation(settings: GivenSettings = {}): void {
  for (const setting of ['evalEvery', 'evalWindows'] as const) {
    if (settings[setting] === undefined) continue;
    throw new UsageError(
      'no-eval-data',
      `Cannot evaluate ${setting === 'evalEvery' ? `every ${settings.evalEvery} steps` : `${settings.evalWindows} windows`}: no held-out data were given.`,
      { try: 'Give a text that is not trained on.' },
    );
  }
}

function settingsOf(
  training: TrainingPair,
  { windows }: ReadWindows,
  given: GivenSettings,
  { onWarning, settings: asked }: OpenTrainingOptions,
  state: RunState | undefined,
): TrainSettings {
  const tokensPerWindow = windows.tokens / windows.count;
  if (given.maskRate !== undefined) parseMasking(given.maskRate);
  if (state) {
    const { settings, changes } = resumeSettings(state.settings, given, tokensPerWindow);
    if (settings.steps < state.step)
      throw new UsageError(
        'steps-taken',
        `Cannot stop after ${settings.steps} steps: the run has taken ${state.step}.`,
        { try: `Ask for ${state.step} steps or more.`, facts: { steps: state.step } },
      );
    for (const line of changes) onWarning?.(`The setting ${line}.`);
    return settings;
  }
  if (training.isTrained && asked?.init !== undefined && asked.init !== 'model')
    throw new UsageError(
      'options-exclude',
      `Cannot start from ${asked.init} values: the model has a head to go on from.`,
      {
        try: 'Start from its own values, or name its two backbones in its place.',
        facts: { options: ['init', 'model'] },
      },
    );
  const { refresh } = training.pair;
  return completeSettings(given, {
    init: training.isTrained ? 'model' : 'product',
    // A head that was trained so goes on so.
    ...((refresh === 'gap' || typeof refresh === 'number') && { refresh }),
    tokensPerWindow,
  });
}

function startingHead({ pair }: TrainingPair, { init, seed }: TrainSettings): HeadArrays {
  const { head, ar, mlm } = pair;
  if (init !== 'random') return readHead(head);
  const sizes = { ar: ar.architecture.sizes.hiddenSize, mlm: mlm.architecture.sizes.hiddenSize };
  return randomHead(sizes, head.vocabularySize, seed);
}

function pick<T extends object, K extends keyof T>(object: T, ...keys: K[]): Pick<T, K> {
  return Object.fromEntries(
    keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]]),
  ) as Pick<T, K>;
}
