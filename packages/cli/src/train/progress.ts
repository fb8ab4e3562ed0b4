// How far training is: a bar on a terminal, and lines where something was measured.
import type { MetricsRecord } from '@maria/training';
import { readableDuration } from './readable-duration.js';

/** Steps that the time left is judged by. */
const recentSteps = 20;
/** The loss of one batch jumps; what is shown is a mean in which a step counts for so much less than the next. */
const smoothing = 0.9;
const barCells = 20;

export class TrainingProgress {
  readonly #steps: number;
  readonly #clock: () => number;
  readonly #times: { readonly step: number; readonly time: number }[] = [];
  #loss = 0;
  #weight = 0;
  #evalLoss: number | undefined;
  #last: MetricsRecord | undefined;

  constructor(steps: number, clock: () => number = () => performance.now()) {
    this.#steps = steps;
    this.#clock = clock;
  }

  follow(record: MetricsRecord): void {
    this.#last = record;
    this.#loss = smoothing * this.#loss + (1 - smoothing) * record.loss;
    this.#weight = smoothing * this.#weight + (1 - smoothing);
    this.#evalLoss = record.evalLoss ?? this.#evalLoss;
    this.#times.push({ step: record.step, time: this.#clock() });
    if (this.#times.length > recentSteps) this.#times.shift();
  }

  /** One line, to be rewritten in place. */
  bar(): string {
    const { step = 0, tokensPerSecond = 0 } = this.#last ?? {};
    const full = Math.round((barCells * step) / this.#steps);
    const bar = '█'.repeat(full) + '░'.repeat(barCells - full);
    const evaluated = this.#evalLoss === undefined ? '' : `  eval ${this.#evalLoss.toFixed(3)}`;
    return `${bar} ${step}/${this.#steps}  loss ${(this.#loss / this.#weight).toFixed(3)}${evaluated}  ${Math.round(tokensPerSecond)} tokens/s${this.#timeLeft()}`;
  }

  #timeLeft(): string {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    if (!first || !last || last.step === first.step) return '';
    const stepMs = (last.time - first.time) / (last.step - first.step);
    return `  ${readableDuration(stepMs * (this.#steps - last.step))} left`;
  }
}

/** What a person wants to keep of a step that was evaluated. */
export function evaluationLine(
  { step, loss, evalLoss, evalPerplexity }: MetricsRecord,
  steps: number,
): string {
  return `step ${step}/${steps}: loss ${loss.toFixed(4)}, held-out loss ${evalLoss!.toFixed(4)}, perplexity ${evalPerplexity!.toPrecision(4)}`;
}
