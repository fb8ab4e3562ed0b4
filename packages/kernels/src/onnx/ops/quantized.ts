// Quantised weights: the kernels that read blocks of integers without unpacking the matrix.
import type { Tensor } from '@maria/core';
import { microsoft } from '../graph.js';
import type { LoweringContext } from '../lowering-context.js';

/** The kernel quantises its input to 8-bit integers too, block by block, and sums in integers: four times as fast as in floats. */
const int8Inputs = 4;

/**
 * x times a weight matrix whose blocks run along its input axis, `axis`, plus a bias.
 * Undefined where the tensor is not such a weight.
 */
export function multiplyQuantized(
  x: string,
  matrix: Tensor,
  axis: 0 | 1,
  context: LoweringContext,
  bias?: string,
): string | undefined {
  const weight = context.quantized(matrix, axis, 'blocks');
  if (!weight) return undefined;
  const { data, scales, rows, columns, bits, blockSize } = weight;
  const inputs = [x, data, scales, ...(bias === undefined ? [] : ['', '', bias])];
  const attributes = {
    N: { int: rows },
    K: { int: columns },
    bits: { int: bits },
    block_size: { int: blockSize },
    accuracy_level: { int: int8Inputs },
  };
  return context.graph.addNode('MatMulNBits', inputs, attributes, microsoft);
}

/** Rows of a quantised table by id, as float32. Undefined where the tensor is not such a table. */
export function pickQuantizedRows(ids: string, table: Tensor, context: LoweringContext): string | undefined {
  const weight = context.quantized(table, 1, 'rows');
  if (!weight) return undefined;
  const { data, scales, bits, blockSize } = weight;
  const attributes = {
    bits: { int: bits },
    block_size: { int: blockSize },
    gather_axis: { int: 0 },
    quantize_axis: { int: 1 },
  };
  return context.graph.addNode('GatherBlockQuantized', [data, ids, scales], attributes, microsoft);
}
