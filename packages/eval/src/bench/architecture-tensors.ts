// The tensors of a checkpoint of some architecture, for weights made on the fly.
import { type Architecture, parameterShapes } from '@maria/core';
import type { TensorShape } from './random-safetensors.js';

/** Names as a checkpoint spells them. */
export function tensorsOf(architecture: Architecture): TensorShape[] {
  const prefix = architecture.tensorNames.prefixes[0] ?? '';
  return [...parameterShapes(architecture)].map(([name, shape]) => ({ name: prefix + name, shape }));
}
