// The one seam to the engine: loaded on first use, so that help and usage errors pay nothing for it.
import type { DenoiserModel, LoadDenoiserOptions, LoadModelOptions } from '@maria/checkpoints';
import type {
  GapConstraint,
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
      constraint?: GapConstraint;
      maxLength?: number;
    },
  ): AsyncGenerator<InfillEvent, InfillResult>;
  score(model: MariaModel, input: ScoreInput, options: ScoreOptions): Promise<ScoreResult>;
  inOrder: typeof inOrder;
  sequencesFor: typeof sequencesFor;
  requireSystem(model: Model, system: SystemName): Promise<void>;
  /** What is asked of all gaps, before any text is read. @throws UsageError where it cannot be */
  checkConstraint(model: Model, constraint: GapConstraint, lineBreaks: boolean): Promise<void>;
  tokensOf(model: Model, ids: readonly number[]): readonly Token[];
  /** The pieces of the caller's own text around its gaps, in order. */
  segmentsOf(text: string, options: { underscores: boolean; maskToken: string }): readonly string[];
}

export async function loadEngine(): Promise<Engine> {
  const [
    { loadDenoiser, loadModel },
    { compileConstraint, infill, inOrder, parseGaps, requireSystem, score, sequencesFor, tokenOf },
  ] = await Promise.all([import('@maria/checkpoints'), import('@maria/core')]);
  return {
    loadModel,
    loadDenoiser,
    infill,
    inOrder,
    sequencesFor,
    requireSystem,
    score,
    checkConstraint: async ({ vocabulary }, constraint, lineBreaks) => {
      await compileConstraint(vocabulary, constraint, { border: 'kept', lineBreaks }, 'the gaps');
    },
    tokensOf: ({ vocabulary }, ids) => ids.map((id) => tokenOf(vocabulary, id)),
    segmentsOf: (text, options) => parseGaps(text, options).segments,
  };
}
