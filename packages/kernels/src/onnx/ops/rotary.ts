// Rotary position embedding. The kernel takes any even part of a head of any size.
import { ops } from '@maria/core';
import { microsoft } from '../graph.js';
import { type Lowering, lowering } from '../lowering.js';

export const rotary: readonly Lowering[] = [
  lowering(ops.rotaryOp, (node, context) => {
    const [x, cos, sin] = context.inputsOf(node) as [string, string, string];
    const { heads, rotarySize } = node.attributes;
    // The tables hold the positions of this run, so the kernel reads them from row 0 on.
    const firstRow = context.int64([0]);
    return context.graph.addNode(
      'RotaryEmbedding',
      [x, firstRow, cos, sin],
      { num_heads: { int: heads }, rotary_embedding_dim: { int: rotarySize }, interleaved: { int: 0 } },
      microsoft,
    );
  }),
];
