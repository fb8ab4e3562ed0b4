// The figures of a throughput run.

export interface SpeedSummary {
  readonly evaluation: 'throughput';
  readonly maskRate: number;
  readonly records: readonly SpeedRecord[];
}

export interface SpeedRecord {
  readonly system: string;
  /** Words of each text, and how many texts a run fills. */
  readonly words: number;
  readonly texts: number;
  /** Texts at once. */
  readonly lanes: number;
  /** Filled tokens of a run. */
  readonly tokens: number;
  /** Of each run. */
  readonly seconds: readonly number[];
  /** Filled tokens a second: of the median run, the slowest and the fastest. */
  readonly tokensPerSecond: number;
  readonly slowest: number;
  readonly fastest: number;
}
