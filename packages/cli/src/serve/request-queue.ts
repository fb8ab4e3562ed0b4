// Who is served now, and who waits: so many at once as keep all lanes busy, and a bounded number behind them.
import { Refusal } from './refusal.js';

interface Waiting {
  start(): void;
}

export class RequestQueue {
  #running = 0;
  readonly #waiting = new Set<Waiting>();
  readonly #atOnce: number;
  readonly #mostWaiting: number;

  constructor({ atOnce, mostWaiting }: { readonly atOnce: number; readonly mostWaiting: number }) {
    this.#atOnce = atOnce;
    this.#mostWaiting = mostWaiting;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Until it is this request's turn, first come, first served.
   * @returns what ends it, which must be called once
   * @throws Refusal 503 where too many wait already; the reason of the signal once it aborts
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running < this.#atOnce) this.#running++;
    else if (this.#waiting.size >= this.#mostWaiting)
      throw new Refusal(503, 'busy', `Cannot take the request: ${this.#waiting.size} wait already.`, {
        retryAfter: 1,
      });
    else await this.#turn(signal);
    return () => this.#leave();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener('abort', stop);
          resolve();
        },
      };
      this.#waiting.add(waiting);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Its place goes to the next, who counts as running at once: nobody can come in between. */
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#running--;
      return;
    }
    this.#waiting.delete(next);
    next.start();
  }
}
