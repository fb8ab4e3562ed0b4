// The public names of @maria/checkpoints.

export {
  type CheckOptions,
  checkModel,
  checkPair,
  type QuantizationCheck,
} from './check/check-quantized.js';
export { type LoadDenoiserOptions, loadDenoiser, openNamedDenoiser } from './denoiser/load-denoiser.js';
export { type OpenDenoiserOptions, type OpenedDenoiser, openDenoiser } from './denoiser/open-denoiser.js';
export { type DenoiserModel, runDenoiser } from './denoiser/run-denoiser.js';
export type { ConfigSummary } from './hub/config-summary.js';
export { lockFileNow } from './hub/file-lock.js';
export type { Patience } from './hub/http.js';
export { type HubOptions, type HubSettings, hubSettings } from './hub/hub-settings.js';
export { type ModelFile, type ModelInfo, modelInfo } from './hub/info.js';
export { type CachedModel, type CachedRevision, listModels } from './hub/list.js';
export { type PulledModel, type PullOptions, pullModel } from './hub/pull.js';
export type { PullProgress } from './hub/pull-progress.js';
export { type RemovedModel, removeModel } from './hub/remove.js';
export { isRepositoryId } from './hub/repository-id.js';
export { resolveModel } from './hub/resolve.js';
export {
  type ComparedVocabularies,
  type InspectedModel,
  type InspectedPart,
  type InspectOptions,
  inspectModel,
  type PairFit,
} from './inspect/inspect-model.js';
export { unreadOfPair, unreadWarnings } from './inspect/unread.js';
export { type LoadModelOptions, loadModel } from './load/load-model.js';
export { type RunningBackbones, runBackbones } from './load/run-backbones.js';
export { type RunQuantizedOptions, runQuantized, warnOfOtherBackbones } from './load/run-quantized.js';
export { type StartingBackend, startBackend } from './load/start-backend.js';
export { type AvailableMemory, availableMemory, placeOf } from './memory/available.js';
export { type EstimatedModel, estimateMemory, type MemoryEstimate } from './memory/estimate.js';
export { type DenoiserFacts, denoiserFacts, type PairFacts, pairFacts } from './memory/from-configs.js';
export { gibibytes } from './memory/refuse-short-memory.js';
export { embeddedFolder } from './pair/embedded-folder.js';
export { ettin, ettinSizes, type KnownModel } from './pair/known-models.js';
export {
  type KnownPair,
  knownPair,
  knownPairs,
  knownPairUnlessFolder,
  knownRepository,
} from './pair/known-pairs.js';
export {
  describeMaria,
  headFile,
  headTensors,
  isMariaConfig,
  type MariaCheckpointContents,
  type MariaDescription,
  writeHead,
  writeMariaCheckpoint,
} from './pair/maria-checkpoint.js';
export { modelsOfHead } from './pair/models-of-head.js';
export { openBackbones } from './pair/open-backbones.js';
export { openFolders, openPair } from './pair/open-pair.js';
export type { Pair, PairOptions } from './pair/pair.js';
export { type NamedModels, type ResolveOptions, resolveFolders } from './pair/resolve-folders.js';
export { tracePair } from './pair/trace-pair.js';
export { packedBytesPerElement, storedBytesPerElement } from './quantize/bytes-per-element.js';
export type { CopyProgress } from './quantize/make-copy.js';
export {
  type CachedCopy,
  listCopies,
  type Pruned,
  type PruneOptions,
  pruneCopies,
} from './quantize/prune.js';
export type { Quantization } from './quantize/scheme.js';
export { byteCharacters } from './tokenizers/byte-level.js';
export type { TokenizerFiles } from './tokenizers/resolve-config.js';
export { createVocabulary, type ModelVocabulary } from './tokenizers/tokenizer.js';
export { convertedWeights } from './torch/converted-weights.js';
export {
  isHalfWritten,
  removeHalfWritten,
  syncFolder,
  temporaryName,
  writeFileAtomically,
} from './weights/atomic-write.js';
export { cacheFolder } from './weights/cache-folder.js';
export { type Checkpoint, type OpenCheckpointOptions, openCheckpoint } from './weights/checkpoint.js';
export { fileFact, unreadable } from './weights/file-errors.js';
export { readInto, withFile } from './weights/file-range.js';
export { checkFinite, findNonFinite, type NonFinite } from './weights/find-non-finite.js';
export { fingerprint } from './weights/fingerprint.js';
export { type JsonObject, readJsonObject, readJsonObjectIfPresent } from './weights/json-file.js';
export { makeFolder } from './weights/make-folder.js';
export { openSafetensors, type SafetensorsFile } from './weights/safetensors.js';
export { openShardedSafetensors } from './weights/sharded-safetensors.js';
export type { StoredTensors, TensorEntry } from './weights/stored-tensors.js';
export { type TensorToWrite, writeSafetensors } from './weights/write-safetensors.js';
