// What a pass costs by its rows, as it is measured while passes run: a constant, and so much for each row.

/** Share that the past keeps with each new pass. */
const memory = 0.97;

export class PassCost {
  #weight = 0;
  #rows = 0;
  #ms = 0;
  #rowsRows = 0;
  #rowsMs = 0;

  add(rows: number, ms: number): void {
    this.#weight = memory * this.#weight + 1;
    this.#rows = memory * this.#rows + rows;
    this.#ms = memory * this.#ms + ms;
    this.#rowsRows = memory * this.#rowsRows + rows * rows;
    this.#rowsMs = memory * this.#rowsMs + rows * ms;
  }

  /** Milliseconds of a pass without rows, and of each row: the least squares of what was measured, neither below zero. */
  fit(): { readonly pass: number; readonly row: number } {
    if (this.#weight === 0) return { pass: 0, row: 0 };
    const [rows, ms] = [this.#rows / this.#weight, this.#ms / this.#weight];
    const spread = this.#rowsRows / this.#weight - rows * rows;
    const slope = spread > 0 ? (this.#rowsMs / this.#weight - rows * ms) / spread : 0;
    const row = Math.min(Math.max(slope, 0), ms / rows);
    return { pass: ms - row * rows, row };
  }
}
