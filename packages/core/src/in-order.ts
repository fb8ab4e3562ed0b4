// Many generators at once, told as if one ran after the other.
import { ownTurn } from './own-turn.js';

const toldInOneTurn = 32;

/** What one of them told: an event, or how it ended. */
export type Told<I, E, R> =
  | { readonly input: I; readonly event: E }
  | { readonly input: I; readonly result: R }
  | { readonly input: I; readonly error: unknown };

/**
 * Runs up to `limit` of the generators that `open` makes of the inputs, and tells all of them in the order of the inputs: the first one as it goes,
 * the others when it is their turn. An input is taken when a generator may start, and none starts while `limit` of those that ended wait for
 * their turn, so memory grows neither with the inputs nor behind a slow one. An error ends its own generator only.
 */
export async function* inOrder<I, E, R>(
  inputs: Iterable<I> | AsyncIterable<I>,
  limit: number,
  open: (input: I) => AsyncGenerator<E, R>,
): AsyncGenerator<Told<I, E, R>, void> {
  const source = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  /** In the order of the inputs; the first is told. */
  const started: Runner<I, E, R>[] = [];
  let wake = () => {};
  let tellings = 0;
  let taking: Promise<void> | undefined;
  let exhausted = false;
  let failure: { readonly error: unknown } | undefined;
  const take = async () => {
    try {
      const next = await source.next();
      if (next.done) exhausted = true;
      else started.push(new Runner(next.value, open(next.value), () => wake()));
    } catch (error) {
      exhausted = true;
      failure = { error };
    } finally {
      taking = undefined;
      wake();
    }
  };
  try {
    for (;;) {
      const running = started.filter(({ ended }) => !ended).length;
      if (!exhausted && !taking && running < limit && started.length < 2 * limit) taking = take();
      const first = started[0];
      const told = first?.told.shift();
      if (told) {
        // Inputs that are done without waiting for anything would hold the event loop up as long as there are any.
        if (++tellings % toldInOneTurn === 0) await ownTurn();
        yield told;
      } else if (first?.ended) started.shift();
      else if (!first && exhausted) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    if (failure) throw failure.error;
  } finally {
    await Promise.all(started.map((runner) => runner.stop()));
    // One that is waiting for its next input may wait for ever.
    if (taking) void Promise.resolve(source.return?.()).catch(() => {});
    else await source.return?.();
  }
}

/** Drives one generator, whoever listens. */
class Runner<I, E, R> {
  readonly told: Told<I, E, R>[] = [];
  ended = false;
  #stopped = false;
  readonly #generator: AsyncGenerator<E, R>;
  readonly #done: Promise<void>;

  constructor(input: I, generator: AsyncGenerator<E, R>, changed: () => void) {
    this.#generator = generator;
    this.#done = this.#drive(input, changed);
  }

  async #drive(input: I, changed: () => void): Promise<void> {
    try {
      let step = await this.#generator.next();
      while (!step.done && !this.#stopped) {
        this.told.push({ input, event: step.value });
        changed();
        step = await this.#generator.next();
      }
      if (step.done) this.told.push({ input, result: step.value });
    } catch (error) {
      this.told.push({ input, error });
    } finally {
      this.ended = true;
      changed();
    }
  }

  /** Ends the generator at its next event. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (!this.ended) await this.#generator.return(undefined as R).catch(() => {});
    await this.#done;
  }
}
