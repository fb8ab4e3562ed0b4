// Attention over a KV cache, which the kernel extends in place.
import { type Dim, ops, type Tensor } from '@maria/core';
import { microsoft } from '../graph.js';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';
import { ElementType } from '../proto.js';

/** Numbers of a head in the cache: GroupQueryAttention takes heads whose size is a multiple of 8. */
export function paddedHeadSize(headSize: number): number {
  return Math.ceil(headSize / 8) * 8;
}

/** Tokens in the cache after this run, int32 [1]. All layers share it. */
function totalLength(pastLength: string, time: Dim, context: LoweringContext): string {
  return context.shared(`total length ${pastLength} ${time}`, () =>
    context.graph.addNode('Add', [pastLength, context.dimAsInt32(time)]),
  );
}

/** [1, time, heads * from] → [1, time, heads * to], each head cut or filled with zeros at its end. */
function resizeHeads(
  x: string,
  time: Dim,
  heads: number,
  from: number,
  to: number,
  context: LoweringContext,
): string {
  if (from === to) return x;
  const { graph } = context;
  const split = context.reshape(x, [1, time, heads, from]);
  const axis = context.int64([3]);
  const resized =
    to > from
      ? graph.addNode('Pad', [split, context.int64([0, to - from]), '', axis])
      : graph.addNode('Slice', [split, context.int64([0]), context.int64([to]), axis]);
  return context.reshape(resized, [1, time, heads * to]);
}

export const cachedAttention: readonly Lowering[] = [
  lowering(ops.cachedAttentionOp, (node, context) => {
    const { graph } = context;
    const { heads, kvHeads, scale, storage } = node.attributes;
    const [q, k, v, keyCache, valueCache, past] = node.inputs as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const time = q.shape[1]!;
    const [, , capacity, headSize] = keyCache.shape as [number, number, number, number];
    // Heads of another size are filled up with zeros, in the cache too: scores stay the same, and the extra part of
    // the result is zero and is cut off.
    const paddedSize = paddedHeadSize(headSize);
    // The kernel computes in the type of its cache. Given another one, the library would convert the whole cache in each run.
    const cast = (x: string, to: 'float32' | 'float16') =>
      storage === 'float32' ? x : graph.addNode('Cast', [x], { to: { int: ElementType[to] } });
    const padded = (x: Tensor, count: number) =>
      cast(resizeHeads(context.value(x), time, count, headSize, paddedSize, context), 'float16');

    const keys = context.state(keyCache, [1, kvHeads, capacity, paddedSize]);
    const values = context.state(valueCache, [1, kvHeads, capacity, paddedSize]);
    const total = totalLength(context.value(past), time, context);
    const last = context.shared(`last position ${total}`, () =>
      graph.addNode('Sub', [total, context.int32([1])]),
    );
    const totalScalar = context.shared(`scalar ${total}`, () =>
      graph.addNode('Squeeze', [total, context.int64([0])]),
    );

    const attended = graph.freshName('GroupQueryAttention');
    graph.addNodeTo(
      [attended, keys.present, values.present],
      'GroupQueryAttention',
      [padded(q, heads), padded(k, kvHeads), padded(v, kvHeads), keys.past, values.past, last, totalScalar],
      {
        num_heads: { int: heads },
        kv_num_heads: { int: kvHeads },
        scale: { float: scale },
        do_rotary: { int: 0 },
      },
      microsoft,
    );
    return resizeHeads(cast(attended, 'float32'), time, heads, paddedSize, headSize, context);
  }),
];
