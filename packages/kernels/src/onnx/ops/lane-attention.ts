// Attention of several sequences over their KV caches, which the kernels extend in place: one kernel for each slot.
import { type Dim, ops, type Tensor } from '@maria/core';
import { microsoft } from '../graph.js';
import { cacheLength, slotCounts, slotLast, slotResults, slotTotal } from '../kernel-slots.js';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';
import { ElementType } from '../proto.js';
import { addPlainAttention } from './plain-attention.js';

/** Numbers of a head in the cache: GroupQueryAttention takes heads whose size is a multiple of 8. */
export function paddedHeadSize(headSize: number): number {
  return Math.ceil(headSize / 8) * 8;
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

/**
 * What is added to the scores of a slot, [rows, keys]: 0 for the keys that a row sees, and less than any score for others. `window` as
 * that of `laneAttention`.
 */
function maskOf(slot: number, window: number | undefined, context: LoweringContext): string {
  return context.shared(`mask of slot ${slot}, window ${window}`, () => {
    const { graph } = context;
    const constant = (value: number) => context.int32([value], []);
    const total = slotTotal(slot);
    const count = context.lengthNode('Gather', [slotCounts, context.int32([slot], [])], { axis: { int: 0 } });
    const first = context.lengthNode('Sub', [total, count]);
    const keys = context.lengthNode('Range', [constant(0), total, constant(1)]);
    const rows = context.lengthNode('Unsqueeze', [
      context.lengthNode('Range', [first, total, constant(1)]),
      context.int64([1]),
    ]);
    let seen = graph.addNode('LessOrEqual', [keys, rows]);
    if (window !== undefined) {
      const oldest = context.lengthNode('Sub', [rows, constant(window - 1)]);
      seen = graph.addNode('And', [seen, graph.addNode('LessOrEqual', [oldest, keys])]);
    }
    return graph.addNode('Where', [seen, context.float32([0], []), context.float32([unseen], [])]);
  });
}

/** No infinity: the language of WebGPU does not promise that there is one. */
const unseen = -1e30;

/** The first tokens of a cache, as many as a slot has after the run. */
function heldTokens(cache: string, slot: number, perm: number[], context: LoweringContext): string {
  const { graph } = context;
  const end = context.shared(`total of slot ${slot}`, () =>
    context.lengthNode('Unsqueeze', [
      context.lengthNode('Cast', [slotTotal(slot)], { to: { int: ElementType.int64 } }),
      context.int64([0]),
    ]),
  );
  const held = graph.addNode('Slice', [cache, context.int64([0]), end, context.int64([2])]);
  return graph.addNode('Transpose', [held], { perm: { ints: perm } });
}

export const laneAttention: readonly Lowering[] = [
  lowering(ops.laneAttentionOp, (node, context) => {
    const { graph } = context;
    const { heads, kvHeads, scale, window, softcap, storage } = node.attributes;
    const [q, k, v, keyCache, valueCache] = node.inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor];
    const time = q.shape[1]!;
    const [, , capacity, headSize] = keyCache.shape as [number, number, number, number];
    // Heads of another size are filled up with zeros, in the cache too: scores stay the same, and the extra part of
    // the result is zero and is cut off.
    const paddedSize = paddedHeadSize(headSize);
    // The kernel computes in the type of its cache. Given another one, the library would convert the whole cache in each run.
    const cast = (x: string, to: 'float32' | 'float16') =>
      storage === 'float32' ? x : graph.addNode('Cast', [x], { to: { int: ElementType[to] } });
    const read = (x: Tensor) => (storage === 'float32' ? context.exact(context.value(x)) : context.value(x));
    const padded = (x: Tensor, count: number) =>
      resizeHeads(read(x), time, count, headSize, paddedSize, context);

    context.useSlots(time, { cached: true });
    const keys = context.state(keyCache, [1, kvHeads, cacheLength(capacity), paddedSize]);
    const values = context.state(valueCache, [1, kvHeads, cacheLength(capacity), paddedSize]);

    // q, k and v of a row side by side: one node each to gather and to split them, and the kernel takes them so.
    const packed = cast(
      graph.addNode('Concat', [padded(q, heads), padded(k, kvHeads), padded(v, kvHeads)], {
        axis: { int: 2 },
      }),
      'float16',
    );
    // The kernel of WebGPU does not know of a softcap, and takes no note of one.
    const isPlain = context.device && (!context.device.fusesAttention || softcap !== undefined);
    const attended = context.rowsOfSlots(packed).map((rows, slot) => {
      const result = graph.freshName('GroupQueryAttention');
      const [key, value] = [keys.slots[slot]!, values.slots[slot]!];
      graph.addNodeTo(
        [result, key.present, value.present],
        'GroupQueryAttention',
        [rows, '', '', key.past, value.past, slotLast(slot), slotTotal(slot)],
        {
          num_heads: { int: heads },
          kv_num_heads: { int: kvHeads },
          scale: { float: scale },
          do_rotary: { int: 0 },
          ...(window !== undefined && { local_window_size: { int: window } }),
          ...(softcap !== undefined && { softcap: { float: softcap } }),
        },
        microsoft,
      );
      if (!isPlain) return result;
      // Then it only writes the cache: in place, as no other kernel does.
      const queries = graph.addNode('Slice', [
        rows,
        ...[[0], [heads * paddedSize], [2]].map((range) => context.int64(range)),
      ]);
      const plain = { heads, kvHeads, headSize: paddedSize, scale, softcap };
      return addPlainAttention(
        {
          ...plain,
          queries,
          keys: heldTokens(key.present, slot, [1, 0, 3, 2], context),
          values: heldTokens(value.present, slot, [1, 0, 2, 3], context),
          bias: maskOf(slot, window, context),
        },
        context,
      );
    });
    const results = graph.addNode('Concat', attended, { axis: { int: 1 } });
    const inOrder = cast(graph.addNode('Gather', [results, slotResults], { axis: { int: 1 } }), 'float32');
    return resizeHeads(inOrder, time, heads, paddedSize, headSize, context);
  }),
];
