// The public names of @maria/eval.
export * from './bench/index.js';
export { type MaskPattern, maskPatterns } from './data/draw-mask.js';
export { type DataFormat, type DataSet, dataFormats } from './data/item.js';
export type { MaskSettings } from './data/masked-items.js';
export { type ReadDataOptions, readData } from './data/read-data.js';
export { generateTables } from './generate/generate-report.js';
export { generators } from './generate/generators.js';
export {
  evaluateGeneration,
  type GenerateEvaluation,
  type GenerateSummary,
} from './generate/run-generate.js';
export { infillTables } from './infill/infill-report.js';
export { evaluateInfill, type InfillEvaluation } from './infill/run-infill.js';
export type { InfillSummary } from './infill/summarize-infill.js';
export { joinRuns } from './joined/join-runs.js';
export { commandJudge } from './judge/command-judge.js';
export { type EndpointOptions, endpointJudge } from './judge/endpoint-judge.js';
export type { Judge, Question } from './judge/judge.js';
export { judgeTables } from './judge/judge-report.js';
export { evaluateJudgments, type JudgePlan, planJudgments } from './judge/run-judge.js';
export type { JudgeSummary } from './judge/summarize-judgments.js';
export { editSimilarity } from './metrics/edit-similarity.js';
export * from './metrics/generative-perplexity.js';
export * from './metrics/rouge.js';
export * from './metrics/token-diversity.js';
export { perplexityTables } from './perplexity/perplexity-report.js';
export { evaluatePerplexity } from './perplexity/run-perplexity.js';
export type { PerplexitySummary } from './perplexity/summarize-perplexity.js';
export { htmlOf } from './report/html.js';
export { markdownOf, tableMarkdown } from './report/markdown.js';
export type { EvaluationOptions } from './run/evaluation.js';
export { reportFiles, summaryFile } from './run/run-folder.js';
export * from './statistics/bootstrap.js';
export * from './statistics/bradley-terry.js';
export { systemKinds } from './systems/kinds.js';
export { LoadedModels, type LoadedModelsOptions } from './systems/loaded-models.js';
export { parseSystems } from './systems/parse-system.js';
export type { SystemPlan, SystemSpec } from './systems/system.js';
export { evaluateSpeed, type SpeedEvaluation } from './throughput/run-fill-speed.js';
export type { SpeedSummary } from './throughput/speed-summary.js';
export { throughputTables } from './throughput/throughput-report.js';
