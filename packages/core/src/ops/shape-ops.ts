// The ops that move elements and compute nothing, under one name.
export * from './concat.js';
export * from './reshape.js';
export * from './slice.js';
export { type BroadcastToAttributes, broadcastTo, broadcastToOp } from './sum.js';
export * from './transpose.js';
