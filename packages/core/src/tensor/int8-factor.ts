// Which products of a program have an int8 matrix as their second factor.
import { type ChannelQuantizedTensor, isQuantized, type WeightSource } from './backend.js';
import { isOp, weightOp } from './leaves.js';
import type { Tensor } from './tensor.js';

/** The int8 matrix that `node` multiplies its first input by; undefined where it is no such product. */
export function int8Factor(node: Tensor, weights: WeightSource): ChannelQuantizedTensor | undefined {
  const matrix = node.inputs[1];
  if (!matrix || !isOp(matrix, weightOp)) return undefined;
  const stored = weights.get(matrix.attributes.name);
  if (!stored || !isQuantized(stored) || stored.dtype !== 'int8') return undefined;
  return node.op.summedAxis?.(node.attributes) === stored.axis ? stored : undefined;
}
