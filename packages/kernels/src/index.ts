// The public names of @maria/kernels.
export * from './backends.js';
export {
  type ChooseBackendOptions,
  checkBackendChoice,
  chooseBackend,
  readBackendChoice,
  readDeviceChoice,
} from './choose-backend.js';
export * from './device.js';
export { type CudaCard, cudaCards, type GraphicsCard, vulkanCards } from './graphics-cards.js';
export { mayAttendInSteps } from './onnx/device-kernels.js';
export { cacheLength } from './onnx/kernel-slots.js';
export * from './onnx/lowered-graph.js';
export { paddedHeadSize } from './onnx/ops/lane-attention.js';
export { builtInDevices } from './ort/devices.js';
export { int4RowsAreExact } from './ort/int4-of-backend.js';
export { loadKoffi } from './ort/koffi.js';
export { cudaInstallCommand, findLibrary } from './ort/library.js';
export { packedSlotSizes, slotSizes } from './ort/lowered-program.js';
export { ortBackend } from './ort/ort-backend.js';
export { loadRuntime } from './ort/runtime.js';
export { int8Limit } from './run/int8-limit.js';
export { type RowsProbe, rowsAreExact } from './run/rows-are-exact.js';
export { physicalCores } from './threads.js';
