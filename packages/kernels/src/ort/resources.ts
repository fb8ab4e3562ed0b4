// Native objects that one owner holds: released once, in reverse order of their creation.

export class Resources {
  readonly #owner: string;
  #releases: (() => void)[] = [];
  #disposed = false;

  /** @param owner what errors call it, for example "the session" */
  constructor(owner: string) {
    this.#owner = owner;
  }

  /** Takes over `value`, which `release` gives back. */
  own<T>(value: T, release: (value: T) => void): T {
    this.#releases.push(() => release(value));
    return value;
  }

  /** `value`, if nothing was released yet: the library would follow a stale address into a crash. */
  live<T>(value: T): T {
    if (this.#disposed) throw new Error(`Cannot use ${this.#owner}: it has been disposed of.`);
    return value;
  }

  /** Releases everything. Safe to call again. */
  dispose(): void {
    this.#disposed = true;
    const releases = this.#releases.reverse();
    this.#releases = [];
    for (const release of releases) release();
  }
}

const forgotten = new FinalizationRegistry<() => void>((release) => release());

/**
 * A guard against leaks, not a way to release: frees the resources of an owner that was dropped without `dispose()`.
 * `release` must not refer to the owner.
 */
export function releaseWhenForgotten(owner: object, release: () => void): void {
  forgotten.register(owner, release);
}
