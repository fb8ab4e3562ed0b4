// Tables of numbers, a line at a time: rows are shown as they are measured.

export interface Column {
  readonly heading: string;
  readonly width: number;
  /** @default 'right' */
  readonly align?: 'left' | 'right';
}

const gap = '  ';
/** Before what goes on from the line above. */
const indent = '  ';

/**
 * One row; the headings without cells.
 * @param room of the terminal: columns that are beyond it go on in the next line, of every row alike. @default no limit, a line a row
 */
export function tableLine(
  columns: readonly Column[],
  cells?: readonly string[],
  room = Number.POSITIVE_INFINITY,
): string {
  const lines: string[] = [];
  for (const [i, { heading, width, align }] of columns.entries()) {
    const cell = cells ? (cells[i] ?? '') : heading;
    const padded = align === 'left' ? cell.padEnd(width) : cell.padStart(width);
    const last = lines.at(-1);
    if (last === undefined) lines.push(padded);
    else if (last.length + gap.length + padded.length <= room) lines[lines.length - 1] = last + gap + padded;
    else lines.push(indent + padded);
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Three significant digits below 100, whole numbers from there. */
export function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
