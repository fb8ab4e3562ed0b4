// Attention over the keys and values of this run.
import { ops, type Tensor } from '@maria/core';
import { microsoft } from '../graph.js';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';

/** The bias in the form that the kernel takes: four axes, of which the last two are full. */
function biasOf(bias: Tensor, q: Tensor, k: Tensor, context: LoweringContext): string {
  const scores = [1, 1, q.shape[1]!, k.shape[1]!];
  const value = context.value(bias);
  const rank = bias.shape.length;
  if (rank === 4 && bias.shape[2] === scores[2] && bias.shape[3] === scores[3]) return value;
  // Expand broadcasts both ways: it keeps the batch and the heads that the bias has.
  return context.graph.addNode('Expand', [value, context.shape(scores)]);
}

/** Adds the kernel of attention to a graph. @param bias with four axes, of which the last two are full */
export function addAttention(
  context: LoweringContext,
  [q, k, v]: readonly string[],
  { heads, kvHeads, causal, scale }: Omit<ops.AttentionAttributes, 'hasBias'>,
  bias?: string,
): string {
  const { graph, device } = context;
  const inputs = [q!, k!, v!];
  // The flash kernel behind this op never holds all scores at once: at 4096 tokens and 12 heads it takes 0.2 GB
  // where the other takes 1 GB. It is for the plain case only.
  const isPlain = device ? device.fusesAttention : bias === undefined;
  if (heads === kvHeads && !causal && isPlain)
    return graph.addNode(
      'MultiHeadAttention',
      bias === undefined ? inputs : [...inputs, '', '', bias],
      { num_heads: { int: heads }, scale: { float: scale } },
      microsoft,
    );
  return graph.addNode('Attention', bias === undefined ? inputs : [...inputs, bias], {
    q_num_heads: { int: heads },
    kv_num_heads: { int: kvHeads },
    is_causal: { int: causal ? 1 : 0 },
    scale: { float: scale },
  });
}

export const attention: readonly Lowering[] = [
  lowering(ops.attentionOp, (node, context) => {
    const [q, k, v, bias] = node.inputs as [Tensor, Tensor, Tensor, Tensor?];
    const inputs = [q, k, v].map((tensor) => context.value(tensor));
    return addAttention(context, inputs, node.attributes, bias && biasOf(bias, q, k, context));
  }),
];
