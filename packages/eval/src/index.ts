// The public names of @maria/eval.
export * from './bench/index.js';
export { type MaskPattern, maskPatterns } from './data/draw-mask.js';
export { type DataFormat, type DataSet, dataFormats } from './data/item.js';
export type { MaskSettings } from './data/masked-items.js';
export { type ReadDataOptions, readData } from './data/read-data.js';
export * from './metrics/generative-perplexity.js';
export * from './metrics/token-diversity.js';
export { perplexityTables } from './perplexity/perplexity-report.js';
export { evaluatePerplexity } from './perplexity/run-perplexity.js';
export type { PerplexitySummary } from './perplexity/summarize-perplexity.js';
export { tableMarkdown } from './report/markdown.js';
export type { EvaluationOptions } from './run/evaluation.js';
export { reportFiles, summaryFile } from './run/run-folder.js';
export { systemKinds } from './systems/kinds.js';
export { LoadedModels, type LoadedModelsOptions } from './systems/loaded-models.js';
export { parseSystems } from './systems/parse-system.js';
export type { SystemPlan, SystemSpec } from './systems/system.js';
