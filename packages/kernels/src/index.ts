// The public names of @maria/kernels.

export { embeddedFolder, type LoadModelOptions, loadModel } from './load-model.js';
export {
  isMariaConfig,
  type MariaCheckpointContents,
  type MariaConfig,
  readMariaConfig,
  writeMariaCheckpoint,
} from './maria-checkpoint.js';
export * from './onnx/lowered-graph.js';
export { type BackendChoice, chooseBackend } from './ort/choose.js';
export { writeFileAtomically } from './weights/atomic-write.js';
export { type Checkpoint, type OpenCheckpointOptions, openCheckpoint } from './weights/checkpoint.js';
export { checkFinite, findNonFinite, type NonFinite } from './weights/find-non-finite.js';
export { type JsonObject, readJsonObject } from './weights/json-file.js';
export { openSafetensors, type SafetensorsFile } from './weights/safetensors.js';
export { openShardedSafetensors } from './weights/sharded-safetensors.js';
export type { StoredTensors, TensorEntry } from './weights/stored-tensors.js';
export { type TensorToWrite, writeSafetensors } from './weights/write-safetensors.js';
