// Grids of characters that lines are drawn on.

/** `width` × `height` dots, from the top left. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  set(x: number, y: number, series: number): void;
  lines(): string[];
}

/** The mark of each series, in order. */
export const marks = ['*', 'o', '+', 'x', '#', '@'] as const;

/** Two dots across and four down in each cell, as the Unicode braille patterns have them. */
export class BrailleCanvas implements Canvas {
  readonly width: number;
  readonly height: number;
  private readonly columns: number;
  private readonly cells: Uint8Array;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.width = columns * 2;
    this.height = rows * 4;
    this.cells = new Uint8Array(columns * rows);
  }

  set(x: number, y: number): void {
    this.cells[(y >> 2) * this.columns + (x >> 1)]! |= brailleBits[y & 3]![x & 1]!;
  }

  lines(): string[] {
    return linesOf(this.cells, this.columns, (bits) =>
      bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits),
    );
  }
}

const brailleBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** One mark a cell; the first series drawn there stays on top. */
export class MarkCanvas implements Canvas {
  readonly width: number;
  readonly height: number;
  private readonly cells: Uint8Array;

  constructor(columns: number, rows: number) {
    this.width = columns;
    this.height = rows;
    this.cells = new Uint8Array(columns * rows);
  }

  set(x: number, y: number, series: number): void {
    const cell = y * this.width + x;
    if (this.cells[cell] === 0) this.cells[cell] = (series % marks.length) + 1;
  }

  lines(): string[] {
    return linesOf(this.cells, this.width, (cell) => (cell === 0 ? ' ' : marks[cell - 1]!));
  }
}

function linesOf(cells: Uint8Array, columns: number, character: (cell: number) => string): string[] {
  return Array.from({ length: cells.length / columns }, (_, row) =>
    Array.from(cells.subarray(row * columns, (row + 1) * columns), character).join(''),
  );
}
