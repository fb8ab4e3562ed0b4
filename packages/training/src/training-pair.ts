// The frozen backbones of a training run: opened, checked against each other, and run without a head.
import { join } from 'node:path';
import {
  backboneFolder,
  type Checkpoint,
  embeddedFolder,
  isMariaConfig,
  type NamedModels,
  openBackbones,
  openCheckpoint,
  openMaria,
  type Pair,
  type PairOptions,
  type PullOptions,
  readJsonObject,
  readMariaConfig,
  resolveFolders,
  vocabularyOf,
} from '@maria/checkpoints';
import {
  allOrNone,
  type Backbones,
  type Backend,
  createCausalModel,
  createMaskedModel,
  DataError,
  translateIds,
  UsageError,
} from '@maria/core';

export interface TrainingPair {
  readonly pair: Pair;
  /** The two backbones' own folders. */
  readonly ar: Checkpoint;
  readonly mlm: Checkpoint;
  /** Strings of the tokens, by id. */
  readonly tokens: readonly (string | undefined)[];
  /** Whether the head comes from a MARIA checkpoint. */
  readonly isTrained: boolean;
}

/**
 * Without names, the pair that ships with maria.
 * @throws UsageError for names that exclude each other; DataError as `loadModel` does
 */
export async function openTrainingPair(
  names: NamedModels,
  options: PairOptions,
  pulling: PullOptions = {},
): Promise<TrainingPair> {
  const { model, ar, mlm } = await resolveFolders(names, pulling);
  if (model !== undefined && (ar !== undefined || mlm !== undefined))
    throw new UsageError('options-exclude', 'Cannot train: a MARIA checkpoint names its own pair.', {
      try: 'Give either the checkpoint, or both models of a pair.',
      facts: { options: ['model', 'ar', 'mlm'] },
    });
  if ((ar === undefined) !== (mlm === undefined))
    throw new UsageError(
      'pair-incomplete',
      `Cannot train: only the ${ar === undefined ? 'MLM' : 'AR model'} is given.`,
      {
        try: 'Give both the AR model and the MLM.',
      },
    );
  const tiny = embeddedFolder();
  const folders =
    model === undefined ? { ar: ar ?? join(tiny, 'ar'), mlm: mlm ?? join(tiny, 'mlm') } : foldersOf(model);
  const mlmCheckpoint = openCheckpoint(folders.mlm);
  return {
    pair: model === undefined ? openBackbones(folders.ar, folders.mlm, options) : openMaria(model, options),
    ar: openCheckpoint(folders.ar),
    mlm: mlmCheckpoint,
    tokens: vocabularyOf(mlmCheckpoint, 'MLM').tokens,
    isTrained: model !== undefined,
  };
}

/** A checkpoint names its backbones' folders, and so will the one that is trained. */
function foldersOf(model: string): { ar: string; mlm: string } {
  const json = readJsonObject(join(model, 'config.json'));
  if (!isMariaConfig(json) || json.maria_version === undefined)
    throw new DataError(
      'backbones-unnamed',
      `Cannot train ${model} further: it does not name the folders of its backbones, as maria's own checkpoints do.`,
      { try: 'Train a new head for its backbones.' },
    );
  const config = readMariaConfig(json, model);
  return { ar: backboneFolder(model, config.ar), mlm: backboneFolder(model, config.mlm) };
}

export interface RunningBackbones extends Backbones {
  interrupt(): void;
  dispose(): void;
}

/** Most tokens of a window that both models can read. */
export function longestWindow({ ar, mlm, alignment }: Pair): number {
  const { arPrefix, mlmPrefix, mlmSuffix } = alignment;
  return Math.min(
    ar.architecture.sizes.maxLength - arPrefix.length,
    mlm.architecture.sizes.maxLength - mlmPrefix.length - mlmSuffix.length,
  );
}

/** @param window most tokens of an item @throws UsageError when a model cannot read so many */
export async function runBackbones(
  backend: Backend,
  { pair }: TrainingPair,
  window: number,
): Promise<RunningBackbones> {
  const { alignment, translation } = pair;
  const arTokens = alignment.arPrefix.length + window;
  const mlmTokens = alignment.mlmPrefix.length + window + alignment.mlmSuffix.length;
  const limits = { ar: pair.ar.architecture.sizes.maxLength, mlm: pair.mlm.architecture.sizes.maxLength };
  for (const [what, tokens, limit] of [
    ['AR model', arTokens, limits.ar],
    ['MLM', mlmTokens, limits.mlm],
  ] as const) {
    if (tokens > limit)
      throw new UsageError(
        'window-too-long',
        `Cannot train on windows of ${window} tokens: the ${what} reads at most ${limit}, ${tokens - window} of them around the window.`,
        {
          try: `Use windows of at most ${longestWindow(pair)} tokens.`,
          facts: { longest: longestWindow(pair) },
        },
      );
  }
  const [ar, mlm] = await allOrNone([
    createCausalModel(backend, pair.ar.architecture, pair.ar.weights, arTokens),
    createMaskedModel(backend, pair.mlm.architecture, pair.mlm.weights),
  ]);
  return {
    ar: translation ? translateIds(ar, translation.arIds, translation.tokens) : ar,
    mlm,
    alignment,
    maskId: pair.vocabulary.maskId,
    interrupt: () => {
      ar.interrupt();
      mlm.interrupt();
    },
    dispose: () => {
      ar.dispose();
      mlm.dispose();
    },
  };
}
