// How many gaps ahead drafts are worth making: by what passes cost, and by how many drafts turned out right.
import type { PassCost } from './pass-cost.js';

/** How many tokens were drafted, and what became of those that were checked. */
export interface Drafts {
  drafted: number;
  accepted: number;
  rejected: number;
}

/** Drafts of the past count for less: half after so many. */
const memory = 0.98;

/** Less than this share of time gained is not worth the noise of measuring it. */
const leastGain = 0.03;

/** After so many gaps without a draft one is tried again. */
const tryAgainAfter = 64;

export interface WindowCosts {
  readonly ar: PassCost;
  readonly head: PassCost;
  /** Sequences that share a pass. */
  readonly sequences: number;
}

/** One for a model: what one sequence learns helps the next. */
export class DraftWindow {
  #accepted = 1;
  #checked = 2;
  #size = 2;
  #since = 0;
  #guessMs = 0;

  /**
   * @param tokensPerGap tokens of the sequence for each gap, the gap's own among them
   * @param most gaps
   */
  size(costs: WindowCosts, tokensPerGap: number, most: number): number {
    const rate = this.#accepted / this.#checked;
    const [ar, head] = [costs.ar.fit(), costs.head.fit()];
    const fixed = (ar.pass + head.pass) / Math.max(1, costs.sequences);
    const each = ar.row * tokensPerGap + head.row;
    const perGap = (size: number) =>
      (fixed + each * (size + 1) + this.#guessMs * size) / expectedTokens(rate, size);
    let best = 0;
    // Larger windows mend their own drafts, so that more of them are right than can be told from here: one step at a time.
    for (let size = 1; size <= Math.min(most, 2 * this.#size + 1); size++)
      if (perGap(size) < perGap(best)) best = size;
    if (perGap(best) > (1 - leastGain) * perGap(0)) best = 0;
    if (best === 0 && ++this.#since >= tryAgainAfter) {
      this.#since = 0;
      best = Math.min(1, most);
    }
    this.#size = best;
    return best;
  }

  /** Whether a draft was right. */
  tell(isRight: boolean): void {
    this.#accepted = memory * this.#accepted + (isRight ? 1 : 0);
    this.#checked = memory * this.#checked + 1;
  }

  /** What one draft costs beside the passes. */
  tellGuess(ms: number): void {
    this.#guessMs = this.#guessMs === 0 ? ms : memory * this.#guessMs + (1 - memory) * ms;
  }
}

/** Tokens that a pass settles: its drafts as far as they are right, and the one after them. */
function expectedTokens(rate: number, size: number): number {
  return rate >= 1 ? size + 1 : (1 - rate ** (size + 1)) / (1 - rate);
}
