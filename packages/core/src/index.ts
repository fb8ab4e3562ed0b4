// The public names of @maria/core.
export { anneal } from './anneal/anneal.js';
export * from './anneal/events.js';
export { parseSchedule, type Schedule, type ScheduleShape, scheduleValue } from './anneal/schedule.js';
export { type Selection, selections } from './anneal/select.js';
export { readSweepRecord } from './anneal/trace.js';
export { checkOption } from './check-option.js';
export { type CompiledConstraint, compileConstraint, satisfiableLengths } from './constrain/compile.js';
export { type Distribution, summarize } from './decode/choose.js';
export type { Decoder, DecodeTask } from './decode/decoder.js';
export type { CanvasOptions } from './decode/diffusion/canvas.js';
export { type Duel, type DuelOptions, type DuelPolicy, duel, duelPolicies } from './decode/diffusion/duel.js';
export {
  type DiffusionLikelihoodOptions,
  defaultDraws,
  diffusionLikelihood,
} from './decode/diffusion/likelihood.js';
export { type SamplerName, samplerNames } from './decode/diffusion/samplers.js';
export * from './decode/events.js';
export {
  type Candidate,
  type ExplainedPosition,
  type ExplainOptions,
  explain,
} from './decode/explain.js';
export { defaultChunk, firstMaskable, HiddenBefore, hiddenWithin } from './decode/hidden-pair.js';
export { infill, requireSystem } from './decode/infill.js';
export { rowsAtOnce } from './decode/kept-rows.js';
export {
  type LengthCandidate,
  type LengthRuleName,
  lengthRuleNames,
  lengthRules,
} from './decode/length-rules.js';
export { logLikelihoods } from './decode/log-likelihoods.js';
export { type ObjectiveItem, objective } from './decode/objective.js';
export type { InfillOptions } from './decode/options.js';
export type { ScoreInput } from './decode/original.js';
export type { InfillInput } from './decode/prepare.js';
export { lanesOf, logitsAtOnce, sequencesFor, tokensAtOnce } from './decode/scheduler.js';
export { type ScoreOptions, type ScoreResult, score } from './decode/score.js';
export { type SystemName, systemNames } from './decode/systems.js';
export {
  type ScoringSystem,
  type TeacherForcedOptions,
  teacherForcedLogits,
} from './decode/teacher-forced.js';
export { unmetGap } from './decode/unmet-gap.js';
export * from './errors.js';
export { inOrder, type Told } from './in-order.js';
export { isJsonObject, parseJson, parsingJson, readJson } from './json.js';
export * from './maria/alignment.js';
export * from './maria/head.js';
export * from './maria/initialize.js';
export * from './maria/model.js';
export * from './maria/objective.js';
export * from './maria/read-head.js';
export type { Refresh, RefreshChoice } from './maria/refresh.js';
export * from './maria/shortlist.js';
export { translateIds } from './maria/translate-ids.js';
export { misfit } from './misfit.js';
export { cacheOf } from './models/cache-slots.js';
export * from './models/causal-model.js';
export * from './models/denoiser.js';
export type { ConfigJson, DenoiserArchitecture, DenoiserFamily } from './models/denoiser-family.js';
export * from './models/denoisers.js';
export * from './models/family.js';
export * from './models/masked-model.js';
export { fewestPacked, longestPacked } from './models/packed-passes.js';
export { forwardShapes, parameterShapes } from './models/parameter-shapes.js';
export * from './models/part.js';
export * from './models/registry.js';
export type { RunningModel } from './models/running-model.js';
export { isSeddConfig } from './models/sedd.js';
export * from './models/weights.js';
export { gradients } from './ops/gradient.js';
export * as ops from './ops/index.js';
export { atOnce, ownTurn, takeTurns } from './own-turn.js';
export { quote } from './quote.js';
export * from './random.js';
export { allOrNone } from './tensor/all-or-none.js';
export * from './tensor/backend.js';
export * from './tensor/dtype.js';
export * from './tensor/evaluate.js';
export * from './tensor/float-formats.js';
export { int8Factor } from './tensor/int8-factor.js';
export * from './tensor/leaves.js';
export * from './tensor/program.js';
export { blockSize, dequantizeBlocks, quantizeBlocks } from './tensor/quantized-blocks.js';
export * from './tensor/quantized-channels.js';
export * from './tensor/quantized-in-memory.js';
export { largestHalf } from './tensor/rounding.js';
export * from './tensor/shape.js';
export * from './tensor/tensor.js';
export * from './tensor/values.js';
export { constraintFields, type GapConstraint, readConstraint } from './text/constraint.js';
export { type ConstraintTexts, constraintOfTexts, textsOfConstraint } from './text/constraint-texts.js';
export {
  type EncodedGaps,
  encodeGaps,
  encodePieces,
  type GapSpan,
  type TextPiece,
} from './text/encode-gaps.js';
export { type GapFields, readGapFields } from './text/gap-fields.js';
export {
  defaultMaxLength,
  escapeGaps,
  fixLengths,
  type Gap,
  markerOf,
  maxGapTokens,
  type ParsedGaps,
  type ParseGapsOptions,
  parseGaps,
  withMarkers,
} from './text/gaps.js';
export { type Spliced, splice } from './text/splice.js';
export { type Token, tokenOf } from './text/token.js';
export * from './text/vocabulary.js';
export * from './train/adamw.js';
export * from './train/draft-scale.js';
export * from './train/features.js';
export * from './train/head-trainer.js';
export * from './train/item-order.js';
export * from './train/learning-rate.js';
export * from './train/masking.js';
export * from './train/parameters.js';
export * from './train/sample-mask.js';
export * from './train/train-head.js';
export * from './train/trainer.js';
export * from './train/windows.js';
export * from './train/word-starts.js';
export { unlessAborted } from './unless-aborted.js';
