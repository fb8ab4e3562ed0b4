// What a pass costs by its rows, as it is measured while passes run. Not a line: a few rows often cost what one does.

/** It is held at 1, 2, 4, … rows, so many of them, and is a line between two of these. */
const points = 11;

/** So many rows cost twice what none would, until they are measured. */
const rowsThatDouble = 16;

/** Share of what was not foreseen that moves the costs; more while few passes are known. */
const rate = 0.1;

/** Of that, the share that moves the costs of all sizes: the machine is busier now, or less busy. */
const shared = 0.5;

/** Most that one pass may be off, as a logarithm: one that had to wait for the processor tells little. */
const mostSurprise = 0.3;

/** So many passes of a size are believed to be as fast as they were. */
const trusted = 3;

/** As `mostSurprise`, of how slow they may be: whoever takes one that had to wait for what all of them cost may never try another. */
const mostAtFirst = Math.log(2);

export class PassCost {
  /** Passes of about 2^i rows so far. */
  readonly #seen: number[] = Array.from({ length: points }, () => 0);
  /** Logarithms of milliseconds at 2^i rows. */
  readonly #logs = Array.from({ length: points }, (_, i) => Math.log(1 + 2 ** i / rowsThatDouble));
  /** The same in milliseconds, never falling. */
  #ms = risen(this.#logs);

  add(rows: number, ms: number): void {
    const surprise = Math.log(Math.max(ms, 1e-6) / this.of(rows));
    const place = Math.min(Math.log2(rows), points - 1);
    const nearness = this.#seen.map((_, i) => Math.max(0, 1 - Math.abs(place - i)));
    const known = nearness.reduce((sum, near, i) => sum + near * this.#seen[i]!, 0);
    const isFirst = this.#seen.every((seen) => seen === 0);
    const most = isFirst ? surprise : known < trusted ? mostAtFirst : mostSurprise;
    const believed = Math.min(most, known < trusted ? surprise : Math.max(-mostSurprise, surprise));
    const step = Math.max(rate, 1 / (known + 1));
    // What was never measured, up to the next size that was, is as far from what was supposed.
    const follows = (i: number) => {
      const [from, to] = i < place ? [i, Math.floor(place)] : [Math.ceil(place) + 1, i + 1];
      return this.#seen.slice(from, to).every((seen) => seen === 0);
    };
    const own = nearness.map((near, i) => (near === 0 && follows(i) ? 1 : near));
    for (let i = 0; i < points; i++) {
      this.#logs[i]! += believed * (step * own[i]! + shared * rate * (1 - own[i]!));
      this.#seen[i]! += nearness[i]!;
    }
    this.#ms = risen(this.#logs);
  }

  /** Milliseconds of a pass of so many rows; of no meaning before the first was measured. */
  of(rows: number): number {
    const below = Math.max(0, Math.min(Math.floor(Math.log2(rows)), points - 2));
    const [low, high] = [this.#ms[below]!, this.#ms[below + 1]!];
    return low + (high - low) * (rows / 2 ** below - 1);
  }
}

function risen(logs: readonly number[]): number[] {
  let most = 0;
  return logs.map((log) => {
    most = Math.max(most, Math.exp(log));
    return most;
  });
}
