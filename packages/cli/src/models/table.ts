// Columns of text, as wide as they need to be.

/** A line for the heading and for each row; the last column is not filled up. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  return lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
