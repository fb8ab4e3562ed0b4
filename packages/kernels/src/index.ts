// The public names of @maria/kernels.
export * from './backends.js';
export { chooseBackend, readBackendChoice } from './choose-backend.js';
export { cacheLength } from './onnx/kernel-slots.js';
export * from './onnx/lowered-graph.js';
export { packedSlotSizes, slotSizes } from './onnx/lowered-program.js';
export { paddedHeadSize } from './onnx/ops/lane-attention.js';
export { builtInDevices } from './ort/devices.js';
export { loadKoffi } from './ort/koffi.js';
export { cudaInstallCommand } from './ort/library.js';
export { ortBackend } from './ort/ort-backend.js';
export { loadRuntime } from './ort/runtime.js';
export { physicalCores } from './threads.js';
