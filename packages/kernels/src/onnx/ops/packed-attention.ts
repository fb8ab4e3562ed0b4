// Attention within each of several packed sequences: for each slot the very kernel that serves a sequence alone.
import { ops, type Tensor } from '@maria/core';
import { slotResults } from '../kernel-slots.js';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';
import { addAttention } from './attention.js';
import { addPlainAttention, byHead } from './plain-attention.js';
import { addSlidingWindowAttention, slidingWindowBias } from './sliding-window.js';

/** The first rows and columns of a bias [1, 1, longest, longest], as many as a slot has rows. */
function cornerOf(bias: string, slot: number, counts: string, context: LoweringContext): string {
  return context.shared(`corner of ${bias} for slot ${slot}`, () => {
    const ends = context.lengthNode('Gather', [counts, context.int64([slot, slot])], { axis: { int: 0 } });
    return context.graph.addNode('Slice', [bias, context.int64([0, 0]), ends, context.int64([2, 3])]);
  });
}

export const packedAttention: readonly Lowering[] = [
  lowering(ops.packedAttentionOp, (node, context) => {
    const { graph } = context;
    const { heads, scale, halfWindow } = node.attributes;
    const [q, k, v, lengths] = node.inputs as [Tensor, Tensor, Tensor, Tensor];
    const headSize = Number(q.shape[2]) / heads;
    const attend = (rows: readonly string[], rowsBias: string | undefined) => {
      if (context.device?.fusesAttention !== false)
        return addAttention(context, rows, { heads, kvHeads: heads, causal: false, scale }, rowsBias);
      const keys = byHead(rows[1]!, heads, headSize, 'keys', context);
      const values = byHead(rows[2]!, heads, headSize, 'values', context);
      const form = { heads, kvHeads: heads, headSize, scale };
      return addPlainAttention({ ...form, queries: rows[0]!, keys, values, bias: rowsBias }, context);
    };
    const packed = [q, k, v].map((x) => context.value(x));
    const isOne = context.slots === 1;
    if (isOne && !context.device && halfWindow !== undefined)
      return addSlidingWindowAttention(
        packed,
        context.dim(q.shape[1]!),
        { heads, scale, halfWindow },
        context,
      );

    const bias =
      halfWindow === undefined ? undefined : slidingWindowBias(context.value(lengths), halfWindow, context);
    if (isOne) return attend(packed, bias);

    const slots = context.useSlots(q.shape[1]!, { cached: false });
    const counts = context.slotCounts();
    const ofSlots = packed.map((x) => context.rowsOfSlots(x));
    const attended = Array.from({ length: slots }, (_, slot) =>
      attend(
        ofSlots.map((rows) => rows[slot]!),
        bias && cornerOf(bias, slot, counts, context),
      ),
    );
    const results = graph.addNode('Concat', attended, { axis: { int: 1 } });
    return graph.addNode('Gather', [results, slotResults], { axis: { int: 1 } });
  }),
];
