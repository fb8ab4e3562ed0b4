// Rows as some of the CPU's kernels want them: never a single one left over, which they would compute otherwise than beside others.
import type { Dim } from '@maria/core';
import type { LoweringContext } from './lowering-context.js';
import { ElementType } from './proto.js';

/** Those kernels take so many rows at a time. */
const rowsTogether = 128;

/** Rows that they are given: the last one twice where it would be left over. */
export function paddedCount(rowCount: number): number {
  return rowCount % rowsTogether === 1 ? rowCount + 1 : rowCount;
}

export interface RowPadding {
  /** How many rows there are, int64 [1]. */
  readonly count: string;
  /** Which of them the padded ones are, int64. Absent where none is left over, whatever the run. */
  readonly index?: string;
}

/** Computed once in a run for a number of rows, however many matrices have it. */
export function rowPadding(rowCount: Dim, context: LoweringContext): RowPadding {
  const count = context.dim(rowCount);
  if (typeof rowCount === 'number') {
    const padded = paddedCount(rowCount);
    if (padded === rowCount) return { count };
    const index = Array.from({ length: padded }, (_, i) => Math.min(i, rowCount - 1));
    return { count, index: context.int64(index) };
  }
  return context.shared(`padded ${rowCount}`, () => {
    const { graph } = context;
    const one = context.int64([1]);
    const left = graph.addNode('Mod', [count, context.int64([rowsTogether])]);
    const added = graph.addNode('Cast', [graph.addNode('Equal', [left, one])], {
      to: { int: ElementType.int64 },
    });
    const padded = graph.addNode('Squeeze', [graph.addNode('Add', [count, added]), context.int64([0])]);
    const range = graph.addNode('Range', [context.int64Scalar(0), padded, context.int64Scalar(1)]);
    return { count, index: graph.addNode('Min', [range, graph.addNode('Sub', [count, one])]) };
  });
}
