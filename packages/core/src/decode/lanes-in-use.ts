// How many of its lanes a model uses at once: as many as make a pass read more rows a second, by what passes cost here.
import type { WindowCosts } from './draft-window.js';

/** Lanes to begin with: nearly everywhere so many pay, or lose nothing, and what more cost is not known yet. */
const firstLanes = 16;

/** Passes that were nearly as full as may be, before more lanes or fewer are used. */
const passesToKnow = 8;
const nearlyFull = 0.75;

/** Twice as many lanes have to read so many times as many rows a second. */
const leastGain = 1.04;

/** And half as many are enough where these do not read so many times as many. Less: it should not go back and forth. */
const leastWorth = 1.02;

/** Of the lanes to begin with half are enough where they read clearly more: a busy machine makes passes look a little slower or faster. */
const leastWorthOfFirst = 0.9;

export class LanesInUse {
  readonly #most: number;
  #now: number;
  #full = 0;
  /** Rows of a sequence in a pass, in the mean. */
  #rows = 0;

  /** @param most that there are */
  constructor(most: number) {
    this.#most = most;
    this.#now = Math.min(most, firstLanes);
  }

  get now(): number {
    return this.#now;
  }

  /**
   * Hears of a pass of the AR model.
   * @param asked sequences that a pass has when all lanes are in use
   */
  passed(
    { sequences, rows, asked }: { readonly sequences: number; readonly rows: number; readonly asked: number },
    costs: Pick<WindowCosts, 'ar' | 'head'>,
  ): void {
    this.#rows += (this.#rows === 0 ? 1 : 0.05) * (rows / sequences - this.#rows);
    if (sequences < nearlyFull * asked || ++this.#full < passesToKnow) return;
    this.#full = 0;
    /** Sequences a millisecond that passes of so many read. */
    const rate = (count: number) => count / (costs.ar.of(count * this.#rows) + costs.head.of(count));
    const worth = this.#now > firstLanes ? leastWorth : leastWorthOfFirst;
    // What was tried and does not pay is given up, before more is tried.
    if (asked > 1 && rate(asked) < worth * rate(asked / 2)) this.#now = Math.ceil(this.#now / 2);
    else if (rate(2 * asked) > leastGain * rate(asked)) this.#now = Math.min(this.#most, 2 * this.#now);
  }
}
