// Which sequence has which lane of the AR model, and what each lane holds: a prefix that was read once is not read again.
import { InterruptedError } from '../errors.js';
import type { CausalModel } from '../models/causal-model.js';

/** Fewer tokens in common are read again sooner than copied. */
const worthCopying = 16;

export class LanePool {
  readonly #model: CausalModel;
  /** Free lanes, the one that is free for the longest time first. */
  readonly #free: number[];
  /** Who waits for a lane, the first one first. */
  readonly #waiting = new Map<object, { resolve(lane: number): void; reject(error: unknown): void }>();

  constructor(model: CausalModel) {
    this.#model = model;
    this.#free = Array.from({ length: model.lanes }, (_, lane) => lane);
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /** Lanes that a sequence has. */
  get taken(): number {
    return this.#model.lanes - this.#free.length;
  }

  /** A lane for a sequence that begins with `ids`. @returns the lane, or a promise of the next that is given back */
  take(who: object, ids: Int32Array): number | Promise<number> {
    if (this.#free.length === 0)
      return new Promise((resolve, reject) => {
        this.#waiting.set(who, { resolve, reject });
      });
    const best = longest(this.#free, (lane) => this.#common(lane, ids));
    this.#free.splice(this.#free.indexOf(best), 1);
    return best;
  }

  giveBack(lane: number): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free.push(lane);
      return;
    }
    const [who, { resolve }] = next;
    this.#waiting.delete(who);
    resolve(lane);
  }

  /** Who was interrupted waits no longer. */
  cancel(who: object): void {
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
