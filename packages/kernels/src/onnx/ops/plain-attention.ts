// Attention step by step, with all scores at once: for devices whose fused kernels are wrong, or do not know all forms of it.
import type { ops } from '@maria/core';
import type { LoweringContext } from '../lowering-context.js';

export interface PlainAttention
  extends Pick<ops.LaneAttentionAttributes, 'heads' | 'kvHeads' | 'scale' | 'softcap'> {
  readonly headSize: number;
  /** [1, rows, heads * headSize] */
  readonly queries: string;
  /** [kvHeads, 1, headSize, keys] */
  readonly keys: string;
  /** [kvHeads, 1, keys, headSize] */
  readonly values: string;
  /** Added to the scores, as four axes or the last two. */
  readonly bias?: string | undefined;
}

/** [1, rows, heads * headSize] */
export function addPlainAttention(
  { heads, kvHeads, headSize, scale, softcap, queries, keys, values, bias }: PlainAttention,
  context: LoweringContext,
): string {
  const { graph } = context;
  const reshape = (x: string, shape: number[]) => graph.addNode('Reshape', [x, context.int64(shape)]);
  const transpose = (x: string, perm: number[]) => graph.addNode('Transpose', [x], { perm: { ints: perm } });
  const times = (x: string, factor: number) => graph.addNode('Mul', [x, context.float32([factor], [])]);
  // Query heads that read the same keys are side by side.
  const byHead = transpose(reshape(queries, [-1, kvHeads, heads / kvHeads, headSize]), [1, 2, 0, 3]);
  let scores = times(graph.addNode('MatMul', [byHead, keys]), scale);
  if (softcap !== undefined) scores = times(graph.addNode('Tanh', [times(scores, 1 / softcap)]), softcap);
  if (bias !== undefined) scores = graph.addNode('Add', [scores, bias]);
  const attended = graph.addNode('MatMul', [
    graph.addNode('Softmax', [scores], { axis: { int: 3 } }),
    values,
  ]);
  return reshape(transpose(attended, [2, 0, 1, 3]), [1, -1, heads * headSize]);
}

/** Keys or values of a run, [1, rows, heads * headSize], in the form of `keys` or `values`. */
export function byHead(
  x: string,
  heads: number,
  headSize: number,
  form: 'keys' | 'values',
  context: LoweringContext,
): string {
  const split = context.graph.addNode('Reshape', [x, context.int64([-1, heads, 1, headSize])]);
  const perm = form === 'keys' ? [1, 2, 3, 0] : [1, 2, 0, 3];
  return context.graph.addNode('Transpose', [split], { perm: { ints: perm } });
}
