// What a person is told of the held-out loss of a run: that it rises, and which head was best.
import type { MetricsRecord } from '@maria/training';

export class HeldOutLoss {
  #best: Evaluated | undefined;
  #last: Evaluated | undefined;

  /** @param records of steps that were taken before */
  constructor(records: readonly MetricsRecord[]) {
    for (const record of records) this.follow(record);
  }

  /** Returns a warning where the loss begins to rise. */
  follow({ step, evalLoss }: MetricsRecord): string | undefined {
    if (evalLoss === undefined) return undefined;
    const [best, before] = [this.#best, this.#last];
    this.#last = { step, evalLoss };
    if (best === undefined || evalLoss < best.evalLoss) {
      this.#best = this.#last;
      return undefined;
    }
    // Once for each rise from the best: what follows is told by the evaluations themselves.
    if (before !== best || evalLoss === best.evalLoss) return undefined;
    return `The held-out loss rises: ${shown(this.#last)}, ${shown(best)}.`;
  }

  /** Which head is the best, beside the last one. @param folder where the best one is */
  line(folder: string): string | undefined {
    const [best, last] = [this.#best, this.#last];
    if (best === undefined || last === undefined) return undefined;
    return best === last
      ? `The head ${after(best)} is the best that was evaluated; it is in ${folder} too.`
      : `The best head that was evaluated, ${shown(best)} (${shown(last)}), is in ${folder}`;
  }
}

interface Evaluated {
  readonly step: number;
  readonly evalLoss: number;
}

function shown(evaluated: Evaluated): string {
  return `${evaluated.evalLoss.toFixed(4)} ${after(evaluated)}`;
}

function after({ step }: Evaluated): string {
  return `after ${step} ${step === 1 ? 'step' : 'steps'}`;
}
