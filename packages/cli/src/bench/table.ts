// Tables of numbers, a line at a time: rows are shown as they are measured.

export interface Column {
  readonly heading: string;
  readonly width: number;
  /** @default 'right' */
  readonly align?: 'left' | 'right';
}

/** One line; the headings without cells. */
export function tableLine(columns: readonly Column[], cells?: readonly string[]): string {
  return columns
    .map(({ heading, width, align }, i) => {
      const cell = cells ? (cells[i] ?? '') : heading;
      return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
    })
    .join('  ')
    .trimEnd();
}

/** Three significant digits below 100, whole numbers from there. */
export function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
