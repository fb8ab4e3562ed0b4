// The elementwise ops under one name: arithmetic, comparisons, selection and casts.
export * from './binary.js';
export * from './cast.js';
export * from './clip.js';
export * from './compare.js';
export * from './maximum.js';
export * from './negate.js';
export * from './unary.js';
export * from './where.js';
