// Attention as it is best for training: written in smaller ops, whose scores are computed once, for the loss and for its gradient.
import { apply, isOp, ops, type Tensor, trace } from '@maria/core';

/** The same result with every attention op decomposed. The fused op would have the gradient compute its scores again. */
export function keepScores(result: Tensor): Tensor {
  const rewritten = new Map<Tensor, Tensor>();
  for (const node of trace({ result }).nodes) {
    const inputs = node.inputs.map((tensor) => rewritten.get(tensor)!);
    if (isOp(node, ops.attentionOp)) {
      const [q, k, v, bias] = inputs as [Tensor, Tensor, Tensor, Tensor?];
      rewritten.set(node, ops.decomposeAttention(q, k, v, node.attributes, bias));
    } else if (inputs.every((tensor, i) => tensor === node.inputs[i])) rewritten.set(node, node);
    else rewritten.set(node, apply(node.op, inputs, node.attributes));
  }
  return rewritten.get(result)!;
}
