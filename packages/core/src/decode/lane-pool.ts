// Which sequence has which lane of the AR model, and what each lane holds: a prefix that was read once is not read again.
import { InterruptedError } from '../errors.js';
import type { CausalModel } from '../models/causal-model.js';

/** Fewer tokens in common are read again sooner than copied. */
const worthCopying = 16;

/** A sequence, and its place among those that wait: the lowest comes first. */
interface Waiter {
  readonly place: number;
}

interface Wanted {
  readonly ids: Int32Array;
  resolve(lane: number): void;
  reject(error: unknown): void;
}

export class LanePool {
  readonly #model: CausalModel;
  /** Free lanes, the one that is free for the longest time first. */
  readonly #free: number[];
  /** Of the lanes, how many may be taken at once. */
  readonly #most: () => number;
  /** Who waits for a lane, in the order in which they came. */
  readonly #waiting = new Map<Waiter, Wanted>();

  constructor(model: CausalModel, most: () => number = () => model.lanes) {
    this.#model = model;
    this.#most = most;
    this.#free = Array.from({ length: model.lanes }, (_, lane) => lane);
  }

  get hasFree(): boolean {
    return this.#free.length > 0 && this.taken < this.#most();
  }

  /** Lanes that a sequence has. */
  get taken(): number {
    return this.#model.lanes - this.#free.length;
  }

  /** Whether somebody waits, and may have a lane. */
  get mayAdmit(): boolean {
    return this.#waiting.size > 0 && this.hasFree;
  }

  /** How many wait that come before one with this place. */
  waitingBefore(place: number): number {
    let count = 0;
    for (const who of this.#waiting.keys()) if (who.place <= place) count++;
    return count;
  }

  /** A lane for a sequence that begins with `ids`. @returns the lane, or a promise of one that `admit` gives */
  take(who: Waiter, ids: Int32Array): number | Promise<number> {
    if (!this.hasFree || this.#waiting.size > 0)
      return new Promise((resolve, reject) => {
        this.#waiting.set(who, { ids, resolve, reject });
      });
    return this.#takeBest(this.#free, ids);
  }

  giveBack(lane: number): void {
    this.#free.push(lane);
  }

  /**
   * Gives lanes to those that wait, as many as may be taken now, by their places. @returns whether anybody got one
   */
  admit(): boolean {
    if (!this.mayAdmit) return false;
    // Those with the same one as they came.
    const waiting = [...this.#waiting].sort(([a], [b]) => a.place - b.place);
    for (const [who, { ids, resolve }] of waiting) {
      if (!this.hasFree) break;
      this.#waiting.delete(who);
      // Of those that hold as much, the one that was in use last: its memory is at hand.
      resolve(this.#takeBest(this.#free.toReversed(), ids));
    }
    return true;
  }

  /** The first of some free lanes that hold most of the ids. */
  #takeBest(lanes: readonly number[], ids: Int32Array): number {
    const best = longest(lanes, (lane) => this.#common(lane, ids));
    this.#free.splice(this.#free.indexOf(best), 1);
    return best;
  }

  /** Who was interrupted waits no longer. */
  cancel(who: Waiter): void {
    this.#waiting.get(who)?.reject(new InterruptedError());
    this.#waiting.delete(who);
  }

  /** Makes a lane hold as many of `ids` as it has already, or as another lane has. */
  async reuse(lane: number, ids: Int32Array): Promise<void> {
    const own = this.#common(lane, ids);
    const lanes = Array.from({ length: this.#model.lanes }, (_, i) => i);
    const other = longest(lanes, (from) => this.#common(from, ids));
    const shared = this.#common(other, ids);
    if (shared < own + worthCopying) this.#model.truncate(lane, own);
    else await this.#model.copy(other, lane, shared);
  }

  /** How many of the first ids a lane holds. */
  #common(lane: number, ids: Int32Array): number {
    const held = this.#model.ids(lane);
    const most = Math.min(held.length, ids.length);
    let length = 0;
    while (length < most && held[length] === ids[length]) length++;
    return length;
  }
}

/** The first of those with the largest size. */
function longest(lanes: readonly number[], sizeOf: (lane: number) => number): number {
  return lanes.reduce((best, lane) => (sizeOf(lane) > sizeOf(best) ? lane : best));
}
