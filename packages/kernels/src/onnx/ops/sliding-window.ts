// Attention to what is near: by blocks of rows, each with the keys around it, so that time and memory grow with the length and not with its square.
import { longestPacked, ops } from '@maria/core';
import type { LoweringContext } from '../lowering-context.js';
import { ElementType } from '../proto.js';
import { addAttention } from './attention.js';

/** Rows of a block, unless a window is wider: with the keys around them it stays in a core's cache. */
const fewestRows = 64;

/** Up to so many blocks are one, in which what is far is hidden: that is as fast. So are sequences that a pack may have, with the bits of the pack. */
const mostTogether = 4;

/** What hides the keys that are farther than `halfWindow`, [1, 1, longest, longest]. @param lengths of the sequences, int32 [sequences] */
export function slidingWindowBias(lengths: string, halfWindow: number, context: LoweringContext): string {
  return context.shared(`bias of ${halfWindow} on either side`, () => {
    const { graph } = context;
    const longest = context.lengthNode('ReduceMax', [lengths], { keepdims: { int: 0 } });
    const range = context.lengthNode('Range', [context.int32([0], []), longest, context.int32([1], [])]);
    return graph.exactly(true, () => {
      const positions = graph.addNode('Cast', [range], { to: { int: ElementType.float32 } });
      const along = (shape: readonly number[]) => graph.addNode('Reshape', [positions, context.int64(shape)]);
      const distance = graph.addNode('Abs', [
        graph.addNode('Sub', [along([1, 1, -1, 1]), along([1, 1, 1, -1])]),
      ]);
      const isNear = graph.addNode('LessOrEqual', [distance, context.float32([halfWindow], [])]);
      return graph.addNode('Where', [
        isNear,
        context.float32([0], []),
        context.float32([ops.hiddenScore], []),
      ]);
    });
  });
}

/** Where the rows of blocks are in the sequence, and what each block hides. All of it is computed once for all layers. */
interface Blocks {
  /** int64 [blocks, rows of a block]: the last row of the sequence again behind its end */
  readonly queries: string;
  /** int64 [blocks, keys of a block] */
  readonly keys: string;
  /** float32 [blocks, 1, rows of a block, keys of a block] */
  readonly bias: string;
  /** int64 [1]: rows of the sequence */
  readonly time: string;
}

/** A short sequence is one block, whose keys are its own rows. @param time int64 [1] */
function blocksOf(time: string, halfWindow: number, context: LoweringContext): Blocks {
  return context.shared(`blocks of ${halfWindow} on either side of ${time}`, () => {
    const { graph } = context;
    const node = (opType: string, ...inputs: string[]) => graph.addNode(opType, inputs);
    const int64 = (value: number) => context.int64([value]);
    const scalar = (x: string) => node('Squeeze', x, int64(0));
    const upTo = (count: string) =>
      node('Range', context.int64Scalar(0), scalar(count), context.int64Scalar(1));
    const rowsOfBlock = Math.max(fewestRows, halfWindow);
    const isLong = node('Greater', time, int64(Math.max(longestPacked, mostTogether * rowsOfBlock)));
    const either = (long: string, short: string) => node('Where', isLong, long, short);
    const rows = either(int64(rowsOfBlock), time);
    const around = either(int64(halfWindow), int64(0));
    const count = either(
      node('Div', node('Add', time, int64(rowsOfBlock - 1)), int64(rowsOfBlock)),
      int64(1),
    );
    const keysOfBlock = node('Add', rows, node('Mul', around, int64(2)));
    const last = node('Sub', time, int64(1));

    const first = graph.addNode('Reshape', [node('Mul', upTo(count), rows), context.int64([-1, 1])]);
    const positions = node('Add', first, upTo(rows));
    const keyPositions = node('Add', first, node('Sub', upTo(keysOfBlock), around));
    const keys = node('Min', node('Max', keyPositions, int64(0)), last);

    const ofQueries = node('Unsqueeze', positions, context.int64([1, 3]));
    const ofKeys = (x: string) => node('Unsqueeze', x, context.int64([1, 2]));
    const distance = node('Abs', node('Sub', ofQueries, ofKeys(keyPositions)));
    const isNear = node('LessOrEqual', distance, int64(halfWindow));
    const isThere = node('Equal', ofKeys(keyPositions), ofKeys(keys));
    const bias = node(
      'Where',
      node('And', isNear, isThere),
      context.float32([0], []),
      context.float32([ops.hiddenScore], []),
    );
    return { queries: node('Min', positions, last), keys, bias, time };
  });
}

/** q, k and v [1, time, heads * headSize] → the same. On the CPU. @param time int64 [1] */
export function addSlidingWindowAttention(
  [q, k, v]: readonly string[],
  time: string,
  {
    heads,
    scale,
    halfWindow,
  }: { readonly heads: number; readonly scale: number; readonly halfWindow: number },
  context: LoweringContext,
): string {
  const { graph } = context;
  const { queries, keys, bias } = blocksOf(time, halfWindow, context);
  const blocks = (x: string, rows: string) =>
    graph.addNode('Squeeze', [graph.addNode('Gather', [x, rows], { axis: { int: 1 } }), context.int64([0])]);
  const form = { heads, kvHeads: heads, causal: false, scale };
  const attended = addAttention(
    context,
    [blocks(q!, queries), blocks(k!, keys), blocks(v!, keys)],
    form,
    bias,
  );
  const joined = graph.addNode('Reshape', [attended, context.int64([1, -1, 0])]);
  return graph.addNode('Slice', [joined, context.int64([0]), time, context.int64([1])]);
}
