// Products of matrices.
import { ops, type Tensor } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';
import { multiplyQuantized } from './quantized.js';

/** The matrices of a tensor transposed. ONNX Runtime fuses this into the product that follows. */
function transposeMatrices(tensor: Tensor, context: LoweringContext): string {
  const rank = tensor.shape.length;
  const permutation = [...tensor.shape.keys()].toSpliced(rank - 2, 2, rank - 1, rank - 2);
  return context.graph.addNode('Transpose', [context.value(tensor)], { perm: { ints: permutation } });
}

export const matmul: readonly Lowering[] = [
  lowering(ops.matmulOp, (node, context) => {
    const [a, b] = node.inputs as [Tensor, Tensor];
    const { transposeA, transposeB } = node.attributes;
    const quantized =
      !transposeA && multiplyQuantized({ x: a, matrix: b, axis: transposeB ? 1 : 0 }, context);
    if (quantized) return quantized;
    return context.graph.addNode('MatMul', [
      transposeA ? transposeMatrices(a, context) : context.value(a),
      transposeB ? transposeMatrices(b, context) : context.value(b),
    ]);
  }),
];
