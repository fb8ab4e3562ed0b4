// A grid of characters that lines are drawn on, in dots, with marks on top.

/** The mark of each series, in order. */
export const marks = ['*', 'o', '+', 'x', '#', '@'] as const;

/** Two dots across and four down in each cell, as the Unicode braille patterns have them. */
export class Canvas {
  /** In dots, from the top left. */
  readonly width: number;
  readonly height: number;
  private readonly columns: number;
  private readonly cells: Uint8Array;
  private readonly marked = new Map<number, string>();

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.width = columns * 2;
    this.height = rows * 4;
    this.cells = new Uint8Array(columns * rows);
  }

  set(x: number, y: number): void {
    this.cells[this.cellOf(x, y)]! |= brailleBits[y & 3]![x & 1]!;
  }

  /** Takes the cell of the dot; the first mark there stays. */
  mark(x: number, y: number, character: string): void {
    const cell = this.cellOf(x, y);
    if (!this.marked.has(cell)) this.marked.set(cell, character);
  }

  lines(): string[] {
    const characters = Array.from(
      this.cells,
      (bits, cell) => this.marked.get(cell) ?? (bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits)),
    );
    return Array.from({ length: this.height / 4 }, (_, row) =>
      characters.slice(row * this.columns, (row + 1) * this.columns).join(''),
    );
  }

  private cellOf(x: number, y: number): number {
    return (y >> 2) * this.columns + (x >> 1);
  }
}

const brailleBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
