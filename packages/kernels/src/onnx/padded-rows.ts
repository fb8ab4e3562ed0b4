// Rows as some of the CPU's kernels want them: never a single one left over, which they would compute otherwise than beside others.

/** Those kernels take so many rows at a time. */
export const rowsTogether = 128;

/** Rows that they are given: the last one twice where it would be left over. */
export function paddedCount(rowCount: number): number {
  return rowCount % rowsTogether === 1 ? rowCount + 1 : rowCount;
}
