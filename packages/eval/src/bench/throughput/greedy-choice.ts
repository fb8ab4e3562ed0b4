// The most probable token of some logits, without those that are never sampled.
import { type MariaModel, summarize, suppressedIds } from '@maria/core';
import type { Clock } from '../timing.js';

export class GreedyChoice {
  /** Milliseconds that copying logits has taken. */
  copies = 0;
  readonly #logits: Float32Array;
  readonly #suppressed: readonly number[];
  readonly #clock: Clock;

  constructor(model: MariaModel, clock: Clock) {
    this.#logits = new Float32Array(model.head.vocabularySize);
    this.#suppressed = suppressedIds(model);
    this.#clock = clock;
  }

  /** @param logits [V], which belong to the model: they are copied. */
  choose(logits: Float32Array): number {
    const started = this.#clock();
    this.#logits.set(logits);
    this.copies += this.#clock() - started;
    for (const id of this.#suppressed) this.#logits[id] = -Infinity;
    return summarize(this.#logits).argmax;
  }
}
