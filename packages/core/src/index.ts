// The public names of @maria/core.
export * from './errors.js';
export * from './tensor/backend.js';
export * from './tensor/dtype.js';
export * from './tensor/evaluate.js';
export * from './tensor/leaves.js';
export * from './tensor/program.js';
export * from './tensor/shape.js';
export * from './tensor/tensor.js';
export * from './tensor/values.js';
export * from './infill/events.js';
export * from './maria/model.js';
export * from './text/vocabulary.js';
