// What /metrics tells, in the text format of Prometheus.
import type { InfillResult } from '@maria/core';

/** Upper bounds in seconds of the histogram of times. */
const timeBounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Seconds over which tokens per second are told. */
const rateSeconds = 30;

export interface Gauges {
  readonly running: number;
  readonly waiting: number;
  readonly lanes: number;
  readonly lanesTaken: number;
}

export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #times = timeBounds.map(() => 0);
  #timesTotal = 0;
  #timesSum = 0;
  #texts = 0;
  #tokens = 0;
  #scored = 0;
  #passes = { mlm: 0, ar: 0 };
  #drafts = { accepted: 0, rejected: 0 };
  /** Tokens that were filled in each of the last seconds. */
  readonly #lately = new Map<number, number>();
  readonly #now: () => number;

  /** @param now milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Counts an answer. */
  answered(path: string, status: number, ms: number): void {
    const key = `path="${path}",status="${status}"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    const seconds = ms / 1000;
    this.#timesTotal++;
    this.#timesSum += seconds;
    for (const [i, bound] of timeBounds.entries()) if (seconds <= bound) this.#times[i]!++;
  }

  /** Counts a text that is filled. */
  filled({ passes, drafts }: Pick<InfillResult, 'passes' | 'drafts'>): void {
    this.#texts++;
    this.#passes.mlm += passes.mlm;
    this.#passes.ar += passes.ar;
    this.#drafts.accepted += drafts.accepted;
    this.#drafts.rejected += drafts.rejected;
  }

  /** Counts a token that is filled. */
  token(): void {
    this.#tokens++;
    const second = this.#second();
    this.#lately.set(second, (this.#lately.get(second) ?? 0) + 1);
    for (const [old] of this.#lately) {
      if (old > second - rateSeconds) break;
      this.#lately.delete(old);
    }
  }

  /** Counts tokens that are scored. */
  scored(tokens: number): void {
    this.#scored += tokens;
  }

  text({ running, waiting, lanes, lanesTaken }: Gauges): string {
    const { accepted, rejected } = this.#drafts;
    const second = this.#second();
    const lately = [...this.#lately].reduce(
      (sum, [at, count]) => (at > second - rateSeconds ? sum + count : sum),
      0,
    );
    const families: [name: string, type: string, help: string, samples: [labels: string, value: number][]][] =
      [
        ['maria_requests_total', 'counter', 'Answers by path and status.', [...this.#requests]],
        ['maria_requests_running', 'gauge', 'Requests that are worked on.', [['', running]]],
        ['maria_requests_waiting', 'gauge', 'Requests in the queue.', [['', waiting]]],
        ['maria_lanes', 'gauge', 'Sequences that the AR model reads at once.', [['', lanes]]],
        ['maria_lanes_taken', 'gauge', 'Lanes that a sequence has.', [['', lanesTaken]]],
        ['maria_texts_filled_total', 'counter', 'Texts that were filled.', [['', this.#texts]]],
        ['maria_tokens_filled_total', 'counter', 'Tokens that were filled.', [['', this.#tokens]]],
        ['maria_tokens_scored_total', 'counter', 'Tokens that were scored.', [['', this.#scored]]],
        [
          'maria_tokens_per_second',
          'gauge',
          `Tokens filled a second, over the last ${rateSeconds} seconds.`,
          [['', lately / rateSeconds]],
        ],
        [
          'maria_passes_total',
          'counter',
          'Forward passes as sequences ask for them: one pass of the machine may serve several.',
          [
            ['model="mlm"', this.#passes.mlm],
            ['model="ar"', this.#passes.ar],
          ],
        ],
        [
          'maria_drafts_total',
          'counter',
          'Drafted tokens that were right, and that were not.',
          [
            ['outcome="accepted"', accepted],
            ['outcome="rejected"', rejected],
          ],
        ],
        [
          'maria_draft_acceptance',
          'gauge',
          'Share of the drafted tokens that were right.',
          [['', accepted + rejected === 0 ? 0 : accepted / (accepted + rejected)]],
        ],
        ['process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', process.memoryUsage.rss()]]],
      ];
    const lines = families.flatMap(([name, type, help, samples]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(([labels, value]) => `${name}${labels && `{${labels}}`} ${value}`),
    ]);
    return `${[...lines, ...this.#histogram()].join('\n')}\n`;
  }

  #histogram(): string[] {
    const name = 'maria_request_seconds';
    return [
      `# HELP ${name} Time from a request to the end of its answer.`,
      `# TYPE ${name} histogram`,
      ...timeBounds.map((bound, i) => `${name}_bucket{le="${bound}"} ${this.#times[i]}`),
      `${name}_bucket{le="+Inf"} ${this.#timesTotal}`,
      `${name}_sum ${this.#timesSum}`,
      `${name}_count ${this.#timesTotal}`,
    ];
  }

  #second(): number {
    return Math.floor(this.#now() / 1000);
  }
}
