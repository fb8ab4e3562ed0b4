// The public names of @maria/kernels.

export { type BackendChoice, chooseBackend } from './choose-backend.js';
export { type Examination, examine } from './doctor/examine.js';
export type { Failure, Finding } from './doctor/run-probe.js';
export type { SelfTest } from './doctor/self-test.js';
export type { ConfigSummary } from './hub/config-summary.js';
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
  type InspectedModel,
  type InspectedPart,
  inspectModel,
  type PairFit,
} from './inspect/inspect-model.js';
export { embeddedFolder, type LoadModelOptions, loadModel } from './load-model.js';
export {
  isMariaConfig,
  type MariaCheckpointContents,
  type MariaConfig,
  readMariaConfig,
  writeMariaCheckpoint,
} from './maria-checkpoint.js';
export { type AvailableMemory, availableMemory } from './memory/available.js';
export { type EstimatedModel, estimateMemory, type MemoryEstimate } from './memory/estimate.js';
export * from './onnx/lowered-graph.js';
export { cacheFolder } from './quantize/cache-folder.js';
export {
  type CheckOptions,
  checkModel,
  checkPair,
  type QuantizationCheck,
} from './quantize/check/check-quantized.js';
export type { CopyProgress } from './quantize/make-copy.js';
export {
  type CachedCopy,
  listCopies,
  type Pruned,
  type PruneOptions,
  pruneCopies,
} from './quantize/prune.js';
export {
  packedBytesPerElement,
  type Quantization,
  quantizations,
  storedBytesPerElement,
} from './quantize/scheme.js';
export { type DataSource, fileSource } from './train/data-source.js';
export { type DocumentPiece, documentsOf } from './train/documents.js';
export { estimateTraining, type TrainingEstimate } from './train/estimate.js';
export { type MetricsRecord, readMetrics } from './train/metrics-file.js';
export { type OpenTraining, type OpenTrainingOptions, openTraining } from './train/open-training.js';
export type { TrainingPlan } from './train/plan.js';
export { type ReadWindows, type ReadWindowsOptions, readWindows } from './train/read-windows.js';
export { metricsFile, type RunEvent, type RunTrainingOptions, runTraining } from './train/run-training.js';
export { defaultSettings, type GivenSettings, type TrainSettings } from './train/settings.js';
export { writeFileAtomically } from './weights/atomic-write.js';
export { type Checkpoint, type OpenCheckpointOptions, openCheckpoint } from './weights/checkpoint.js';
export { checkFinite, findNonFinite, type NonFinite } from './weights/find-non-finite.js';
export { float32ToFloat16 } from './weights/float-formats.js';
export { type JsonObject, readJsonObject, readJsonObjectIfPresent } from './weights/json-file.js';
export { openSafetensors, type SafetensorsFile } from './weights/safetensors.js';
export { openShardedSafetensors } from './weights/sharded-safetensors.js';
export type { StoredTensors, TensorEntry } from './weights/stored-tensors.js';
export { type TensorToWrite, writeSafetensors } from './weights/write-safetensors.js';
