// Attention of several sequences over their KV caches, which the kernels extend in place: one kernel for each slot.
import { type Dim, ops, type StateStorage, type Tensor } from '@maria/core';
import { attendsInSteps } from '../device-kernels.js';
import { microsoft } from '../graph.js';
import { cacheLength, idleLength, slotCounts, slotLast, slotResults, slotTotal } from '../kernel-slots.js';
import type { GraphState, GraphStateSlot } from '../lowered-graph.js';
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

/** Of the rows that a slot reads, in its cache: int32. */
function positionsOf(slot: number, context: LoweringContext): string {
  return context.shared(`positions of slot ${slot}`, () => {
    const count = context.lengthNode('Gather', [slotCounts, context.int32([slot], [])], { axis: { int: 0 } });
    const first = context.lengthNode('Sub', [slotTotal(slot), count]);
    return context.lengthNode('Range', [first, slotTotal(slot), context.int32([1], [])]);
  });
}

/** The shortest part of a cache that is read as a whole, but for that of an idle slot. */
const fewestKeys = 64;

/**
 * Lengths in which a cache is read. A device takes memory anew for each copy that is longer than all before, and keeps it: lengths that grow
 * by a token take many times the cache all together, those that double take twice.
 */
export function readLengths(cacheLength: number): number[] {
  const lengths = [idleLength];
  for (let keys = fewestKeys; keys < cacheLength; keys *= 2) lengths.push(keys);
  return [...lengths, cacheLength];
}

/** Which of these is read of the cache of a slot, the first that holds what it has after the run: int32. */
function readLength(slot: number, length: number, context: LoweringContext): string {
  return context.shared(`read length of slot ${slot} of ${length}`, () => {
    const all = context.int32(readLengths(length));
    const enough = context.lengthNode('LessOrEqual', [slotTotal(slot), all]);
    const fitting = context.lengthNode('Where', [enough, all, context.int32([length], [])]);
    return context.lengthNode('ReduceMin', [fitting, context.int64([0])], { keepdims: { int: 0 } });
  });
}

/**
 * What is added to the scores of a slot, [rows, keys that are read]: 0 for the keys that a row sees, `hiddenScore` for others.
 * `window` as that of `laneAttention`.
 */
function maskOf(slot: number, read: string, window: number | undefined, context: LoweringContext): string {
  return context.shared(`mask of slot ${slot} for ${read}, window ${window}`, () => {
    const { graph } = context;
    const constant = (value: number) => context.int32([value], []);
    const keys = context.lengthNode('Range', [constant(0), read, constant(1)]);
    const rows = context.lengthNode('Unsqueeze', [positionsOf(slot, context), context.int64([1])]);
    let seen = graph.addNode('LessOrEqual', [keys, rows]);
    if (window !== undefined) {
      const oldest = context.lengthNode('Sub', [rows, constant(window - 1)]);
      seen = graph.addNode('And', [seen, graph.addNode('LessOrEqual', [oldest, keys])]);
    }
    return graph.addNode('Where', [seen, context.float32([0], []), context.float32([ops.hiddenScore], [])]);
  });
}

/** The first tokens of a cache, and zeros or what was there before behind them. */
function firstTokens(cache: string, read: string, perm: number[], context: LoweringContext): string {
  const { graph } = context;
  const end = context.shared(`end of ${read}`, () =>
    context.lengthNode('Unsqueeze', [
      context.lengthNode('Cast', [read], { to: { int: ElementType.int64 } }),
      context.int64([0]),
    ]),
  );
  const held = graph.addNode('Slice', [cache, context.int64([0]), end, context.int64([2])]);
  return graph.addNode('Transpose', [held], { perm: { ints: perm } });
}

/** Where ScatterND places the rows of a slot in a cache [1, kvHeads, capacity, headSize]: int64 [kvHeads, rows, 3]. */
function placesOf(slot: number, kvHeads: number, context: LoweringContext): string {
  return context.shared(`places of slot ${slot} in ${kvHeads} heads`, () => {
    const positions = context.lengthNode('Cast', [positionsOf(slot, context)], {
      to: { int: ElementType.int64 },
    });
    const count = context.lengthNode('Shape', [positions]);
    const all = context.lengthNode('Concat', [context.int64([kvHeads]), count, context.int64([1])], {
      axis: { int: 0 },
    });
    const heads = context.int64([...Array(kvHeads).keys()]);
    const ofAll = [
      context.int64([0]),
      context.lengthNode('Reshape', [heads, context.int64([kvHeads, 1, 1])]),
      context.lengthNode('Reshape', [positions, context.int64([1, -1, 1])]),
    ].map((part) => context.lengthNode('Expand', [part, all]));
    return context.lengthNode('Concat', ofAll, { axis: { int: 2 } });
  });
}

/** Writes keys or values of a run, [1, rows, kvHeads * headSize], to a cache: in place, where past and present are the same memory. */
function append(
  x: string,
  { past, present }: GraphStateSlot,
  slot: number,
  [kvHeads, headSize]: readonly [number, number],
  context: LoweringContext,
): void {
  const { graph } = context;
  const rows = graph.addNode('Reshape', [x, context.int64([-1, kvHeads, headSize])]);
  const byHead = graph.addNode('Transpose', [rows], { perm: { ints: [1, 0, 2] } });
  graph.addNodeTo([present], 'ScatterND', [past, placesOf(slot, kvHeads, context), byHead]);
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
    const cast = (x: string, to: StateStorage) =>
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
      storage,
    );
    const { device } = context;
    const isPlain = device && attendsInSteps(device, node.attributes);
    const columns = (rows: string, from: number, to: number) =>
      graph.addNode('Slice', [rows, ...[[from], [to], [2]].map((range) => context.int64(range))]);
    const [ofQueries, ofKeys] = [heads * paddedSize, kvHeads * paddedSize];
    const extend = (rows: string, slot: number) => {
      const [key, value] = [keys.slots[slot]!, values.slots[slot]!];
      const size = [kvHeads, paddedSize] as const;
      append(columns(rows, ofQueries, ofQueries + ofKeys), key, slot, size, context);
      append(columns(rows, ofQueries + ofKeys, ofQueries + 2 * ofKeys), value, slot, size, context);
    };
    const fused = (rows: string, slot: number) => {
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
      return result;
    };
    const attended = context.rowsOfSlots(packed).map((rows, slot) => {
      if (!isPlain) return fused(rows, slot);
      // On WebGPU the kernel only writes the cache then, in place, as no other does there.
      if (device.kind === 'cuda') extend(rows, slot);
      else fused(rows, slot);
      const length = readLength(slot, cacheLength(capacity), context);
      const held = (state: GraphState, perm: number[]) =>
        cast(firstTokens(state.slots[slot]!.present, length, perm, context), 'float32');
      return addPlainAttention(
        {
          ...{ heads, kvHeads, headSize: paddedSize, scale, softcap },
          queries: cast(columns(rows, 0, ofQueries), 'float32'),
          keys: held(keys, [1, 0, 3, 2]),
          values: held(values, [1, 0, 2, 3]),
          bias: maskOf(slot, length, window, context),
        },
        context,
      );
    });
    const results = graph.addNode('Concat', attended, { axis: { int: 1 } });
    const gathered = graph.addNode('Gather', [results, slotResults], { axis: { int: 1 } });
    const inOrder = isPlain ? gathered : cast(gathered, 'float32');
    return resizeHeads(inOrder, time, heads, paddedSize, headSize, context);
  }),
];
