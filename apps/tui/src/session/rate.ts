// Tokens a second, over the time that they took.

export class TokenRate {
  private readonly clock: () => number;
  private readonly began: number;
  private tokens = 0;

  constructor(clock: () => number) {
    this.clock = clock;
    this.began = clock();
  }

  /** Counts one token, and tells the rate so far. */
  count(): number | undefined {
    this.tokens++;
    const seconds = (this.clock() - this.began) / 1000;
    return seconds > 0 ? this.tokens / seconds : undefined;
  }
}
