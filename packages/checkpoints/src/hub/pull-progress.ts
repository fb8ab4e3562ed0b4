// Adds up the progress of several files for the caller of a pull.
export interface PullProgress {
  readonly file: string;
  /** Bytes of the file that are in the cache. */
  readonly received: number;
  /** Bytes of the file; undefined if the server does not say. */
  readonly total: number | undefined;
  /** The same over all files whose length is known so far. */
  readonly all: { readonly received: number; readonly total: number };
}

const step = 1 << 18;

export class ProgressSum {
  private readonly files = new Map<string, { received: number; total: number | undefined; told: number }>();
  private readonly tell: ((progress: PullProgress) => void) | undefined;

  constructor(tell: ((progress: PullProgress) => void) | undefined) {
    this.tell = tell;
  }

  /** A file is going to be brought. */
  expect(file: string, total: number | undefined): void {
    this.files.set(file, { received: 0, total, told: -step });
  }

  /** So much of an expected file is here. */
  at(file: string, received: number): void {
    const entry = this.files.get(file)!;
    entry.received = received;
    const isEnd = received === entry.total;
    if (received === entry.told || (!isEnd && Math.abs(received - entry.told) < step)) return;
    entry.told = received;
    let all = 0;
    let total = 0;
    for (const other of this.files.values()) {
      if (other.total === undefined) continue;
      all += other.received;
      total += other.total;
    }
    this.tell?.({ file, received, total: entry.total, all: { received: all, total } });
  }
}
