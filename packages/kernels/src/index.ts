// The public names of @maria/kernels.
export * from './onnx/lowered-graph.js';
