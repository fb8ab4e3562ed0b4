// What several ask of a model at the same time, computed together; one pass at a time.
import { InterruptedError } from '../errors.js';
import { onAbort } from '../on-abort.js';

export interface Passes<A, R> {
  /** Those that the next pass computes: the first that waits, or others, but some. */
  choose(waiting: readonly A[]): readonly A[];
  compute(asked: readonly A[]): Promise<readonly R[]>;
  /** Stops `compute`. */
  interrupt(): void;
}

interface Request<A, R> {
  readonly asked: A;
  readonly signal: AbortSignal | undefined;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/** @returns asks for something; whoever asks before the next pass begins may share it. Rejects with InterruptedError once the signal aborts */
export function sharedPasses<A, R>({
  choose,
  compute,
  interrupt,
}: Passes<A, R>): (asked: A, signal: AbortSignal | undefined) => Promise<R> {
  let waiting: Request<A, R>[] = [];
  let running: readonly Request<A, R>[] = [];
  let isPumping = false;

  const run = async (requests: readonly Request<A, R>[]): Promise<void> => {
    running = requests;
    try {
      const results = await compute(requests.map(({ asked }) => asked));
      requests.forEach(({ resolve }, i) => {
        resolve(results[i]!);
      });
    } catch (error) {
      // What is wrong with one of them harms no other.
      if (requests.length > 1 && !(error instanceof InterruptedError))
        for (const request of requests) await run([request]);
      else for (const { reject } of requests) reject(error);
    }
  };

  const pump = async (): Promise<void> => {
    for (;;) {
      // All that can go on now ask first.
      await new Promise((resolve) => setImmediate(resolve));
      if (waiting.length === 0) break;
      const chosen = new Set(choose(waiting.map(({ asked }) => asked)));
      const requests = waiting.filter(({ asked }) => chosen.has(asked));
      waiting = waiting.filter(({ asked }) => !chosen.has(asked));
      await run(requests);
      running = [];
    }
    isPumping = false;
  };

  const abort = () => {
    for (const { signal, reject } of waiting) if (signal?.aborted) reject(new InterruptedError());
    waiting = waiting.filter(({ signal }) => !signal?.aborted);
    // Others may wait for the same pass.
    if (running.length > 0 && running.every(({ signal }) => signal?.aborted)) interrupt();
  };

  return async (asked, signal) => {
    if (signal?.aborted) throw new InterruptedError();
    const ignore = onAbort(signal, abort);
    try {
      return await new Promise<R>((resolve, reject) => {
        waiting.push({ asked, signal, resolve, reject });
        if (isPumping) return;
        isPumping = true;
        void pump();
      });
    } finally {
      ignore();
    }
  };
}
