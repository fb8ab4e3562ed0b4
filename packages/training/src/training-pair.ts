// The frozen backbones of a training run: opened, checked against each other, and run without a head.
import { join } from 'node:path';
import {
  type Checkpoint,
  embeddedFolder,
  type NamedModels,
  openFolders,
  type Pair,
  type PairOptions,
  type ResolveOptions,
  type RunQuantizedOptions,
  resolveFolders,
  runBackbones,
  runQuantized,
  tracePair,
  unreadOfPair,
  unreadWarnings,
} from '@maria/checkpoints';
import { type Backbones, type Backend, type RunningModel, UsageError } from '@maria/core';

export interface TrainingPair {
  readonly pair: Pair;
  /** The folders of the two backbones, which the checkpoint that is trained will name: one and the same of a published MARIA model. */
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
  const tiny = embeddedFolder();
  const isNamed = Object.keys(folders).length > 0;
  const own = withHead ? { model: tiny } : { ar: join(tiny, 'ar'), mlm: join(tiny, 'mlm') };
  const opened: NamedModels = isNamed ? folders : own;
  const pair = await openFolders(opened, options);
  return {
    pair,
    ar: pair.ar.checkpoint,
    mlm: pair.mlm.checkpoint,
    isTrained: opened.model !== undefined,
  };
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
 * @param options `onWarning` hears what the checkpoints hold and nothing reads
 * @throws UsageError when a model cannot read so many
 */
export async function runTrainingBackbones(
  backend: Backend,
  { pair }: TrainingPair,
  window: number,
  {
    onWarning,
    threads,
    ...options
  }: RunQuantizedOptions & Pick<PairOptions, 'onWarning'> & { readonly threads?: number | undefined },
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
  // Of the weights the backbones' alone: a head that is being trained is read once, as it is stored.
  const own = [pair.ar, pair.mlm].map(({ checkpoint }) => checkpoint.weights);
  const sources = new Map([...traced.sources].filter(([, source]) => own.includes(source)));
  const running = await runQuantized(backend, { ...traced, sources }, options, (backend, pair) =>
    runBackbones(backend, pair, { threads, int4: options.quantize === 'int4' }),
  );
  return { ...running, alignment, maskId: pair.vocabulary.maskId };
}
