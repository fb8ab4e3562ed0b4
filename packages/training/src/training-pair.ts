// The frozen backbones of a training run: opened, checked against each other, and run without a head.
import { join } from 'node:path';
import {
  type Checkpoint,
  embeddedFolder,
  isMariaConfig,
  type NamedModels,
  openFolders,
  type Pair,
  type PairOptions,
  type ResolveOptions,
  readJsonObject,
  resolveFolders,
  runBackbones,
  tracePair,
  unreadOfPair,
  unreadWarnings,
} from '@maria/checkpoints';
import { type Backbones, type Backend, DataError, type RunningModel, UsageError } from '@maria/core';

export interface TrainingPair {
  readonly pair: Pair;
  /** The two backbones' own folders. */
  readonly ar: Checkpoint;
  readonly mlm: Checkpoint;
  /** Whether the head comes from a MARIA checkpoint. */
  readonly isTrained: boolean;
}

/**
 * Without names, the pair that ships with maria: as it is, or its backbones alone.
 * @throws UsageError for names that exclude each other; DataError as `loadModel` does
 */
export async function openTrainingPair(
  names: NamedModels,
  options: PairOptions & ResolveOptions,
  { withHead }: { readonly withHead: boolean },
): Promise<TrainingPair> {
  const folders = await resolveFolders(names, { ...options, cannot: 'Cannot train' });
  if (folders.model !== undefined) requireNamedBackbones(folders.model);
  const tiny = embeddedFolder();
  const isNamed = Object.keys(folders).length > 0;
  const own = withHead ? { model: tiny } : { ar: join(tiny, 'ar'), mlm: join(tiny, 'mlm') };
  const opened: NamedModels = isNamed ? folders : own;
  const pair = await openFolders(opened, options);
  return {
    pair,
    // Both have folders of their own, which the checkpoint that is trained will name.
    ar: pair.ar.checkpoint!,
    mlm: pair.mlm.checkpoint!,
    isTrained: opened.model !== undefined,
  };
}

/** @throws DataError where the checkpoint holds its backbones within itself, or is none */
function requireNamedBackbones(model: string): void {
  const json = readJsonObject(join(model, 'config.json'));
  if (!isMariaConfig(json) || json.maria_version === undefined)
    throw new DataError(
      'backbones-unnamed',
      `Cannot train ${model} further: it does not name the folders of its backbones, as maria's own checkpoints do.`,
      { try: 'Train a new head for its backbones.' },
    );
}

/** A pass of the AR model gains nothing from more tokens; shorter windows share one. */
const tokensAtOnce = 256;

/** Backbones as training reads them. */
export type TrainingBackbones = Backbones & RunningModel;

/** Most tokens of a window that both models can read. */
export function longestWindow({ ar, mlm, alignment }: Pair): number {
  const { arPrefix, mlmPrefix, mlmSuffix } = alignment;
  return Math.min(
    ar.architecture.sizes.maxLength - arPrefix.length,
    mlm.architecture.sizes.maxLength - mlmPrefix.length - mlmSuffix.length,
  );
}

/**
 * @param window most tokens of an item
 * @param options with `onWarning`, which hears what the checkpoints hold and nothing reads
 * @throws UsageError when a model cannot read so many
 */
export async function runTrainingBackbones(
  backend: Backend,
  { pair }: TrainingPair,
  window: number,
  { threads, onWarning }: { readonly threads?: number; readonly onWarning?: (message: string) => void } = {},
): Promise<TrainingBackbones> {
  const { alignment } = pair;
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
  const lanes = Math.max(1, Math.floor(tokensAtOnce / window));
  const traced = tracePair(pair, { capacity: arTokens, lanes });
  for (const warning of unreadWarnings(unreadOfPair(traced))) onWarning?.(warning);
  const running = await runBackbones(backend, traced, { threads });
  return { ...running, alignment, maskId: pair.vocabulary.maskId };
}
