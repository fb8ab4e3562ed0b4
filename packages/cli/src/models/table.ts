// Columns of text, as wide as they need to be, or as there is room for.
import { fold } from '../fold.js';

/** Between two columns. */
const gap = 2;
/** No column is made narrower. */
const least = 8;

/**
 * Lines for the heading and for each row; the last column is not filled up.
 * @param columns of the terminal: cells go on below where a row is wider. @default no limit, a line a row
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const lines = [heading, ...rows];
  const widths = narrowed(
    heading.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length))),
    columns - gap * (heading.length - 1),
  );
  return lines.flatMap((cells) => {
    const folded = cells.map((cell, column) => fold(cell, widths[column]!));
    const height = Math.max(...folded.map((parts) => parts.length));
    return Array.from({ length: height }, (_, line) =>
      folded
        .map((parts, column) => (parts[line] ?? '').padEnd(widths[column]!))
        .join(' '.repeat(gap))
        .trimEnd(),
    );
  });
}

/** The widest column gives way, a character at a time, until all of them fit. */
function narrowed(widths: readonly number[], room: number): number[] {
  // Room for the widest is all the room there is.
  const narrow = widths.map((width) => Math.min(width, Math.max(least, room)));
  for (let total = sum(narrow); total > room; total--) {
    const widest = narrow.indexOf(Math.max(...narrow));
    if (narrow[widest]! <= least) break;
    narrow[widest]!--;
  }
  return narrow;
}

function sum(widths: readonly number[]): number {
  return widths.reduce((a, b) => a + b, 0);
}
