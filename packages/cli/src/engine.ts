// The one seam to the engine: loaded on first use, so that help and usage errors pay nothing for it.
import type { DenoiserModel, LoadDenoiserOptions, LoadModelOptions } from '@maria/checkpoints';
import type {
  GapFields,
  InfillEvent,
  InfillInput,
  InfillOptions,
  InfillResult,
  inOrder,
  MariaModel,
  Model,
  ScoreInput,
  ScoreOptions,
  ScoreResult,
  SystemName,
  sequencesFor,
  Token,
} from '@maria/core';

export interface Engine {
  loadModel(options: LoadModelOptions): Promise<MariaModel>;
  loadDenoiser(options: LoadDenoiserOptions): Promise<DenoiserModel>;
  infill(
    model: Model,
    input: InfillInput,
    options: InfillOptions & {
      underscores?: boolean;
      specialTokens?: boolean;
      gaps?: readonly GapFields[];
      maxLength?: number;
    },
  ): AsyncGenerator<InfillEvent, InfillResult>;
  score(model: MariaModel, input: ScoreInput, options: ScoreOptions): Promise<ScoreResult>;
  inOrder: typeof inOrder;
  sequencesFor: typeof sequencesFor;
  requireSystem(model: Model, system: SystemName): Promise<void>;
  tokensOf(model: Model, ids: readonly number[]): readonly Token[];
  /** The pieces of the caller's own text around its gaps, in order. */
  segmentsOf(text: string, options: { underscores: boolean; maskToken: string }): readonly string[];
}

export async function loadEngine(): Promise<Engine> {
  const [
    { loadDenoiser, loadModel },
    { infill, inOrder, parseGaps, requireSystem, score, sequencesFor, tokenOf },
  ] = await Promise.all([import('@maria/checkpoints'), import('@maria/core')]);
  return {
    loadModel,
    loadDenoiser,
    infill,
    inOrder,
    sequencesFor,
    requireSystem,
    score,
    tokensOf: ({ vocabulary }, ids) => ids.map((id) => tokenOf(vocabulary, id)),
    segmentsOf: (text, options) => parseGaps(text, options).segments,
  };
}
