// The ops that move elements and compute nothing, under one name.
export * from './broadcast-to.js';
export * from './concat.js';
export * from './pad.js';
export * from './reshape.js';
export * from './slice.js';
export * from './transpose.js';
