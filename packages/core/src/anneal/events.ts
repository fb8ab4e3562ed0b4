// What annealing tells its consumers, its options and its result.
import type { InfillEvent } from '../decode/events.js';
import type { Schedule } from './schedule.js';
import type { Selection } from './select.js';

/** What is generated: a sequence of a given length, or the gaps of a text. Given text never changes, byte for byte. */
export type AnnealSequence =
  | {
      /** Tokens of the whole sequence, prompt and suffix included. */
      length: number;
      /** Text that the sequence begins with. @default '' */
      prompt?: string;
      /** Text that the sequence ends with. @default '' */
      suffix?: string;
    }
  /** Text around gaps: `Once upon a time [MASK*20] and they [MASK*8].` */
  | { text: string };

export type AnnealOptions = AnnealSequence & {
  /** How many times positions are masked and filled again; the first fills all. @default 16 */
  sweeps?: number;
  /** Stops at this time instead, in milliseconds; the schedules then follow the clock. */
  budgetMs?: number;
  /** Share of the free positions that a sweep masks; the first sweep masks all. @default cosine from 0.9 to 0.1 */
  maskRate?: Schedule;
  /** Sampling temperature of a sweep. @default linear from 1 to 0.5 */
  temperature?: Schedule;
  /** Which positions are masked. @default 'gumbel' */
  selection?: Selection;
  /** Mean span length for the selection `spans`, in tokens. @default 4 */
  spanLength?: number;
  /** Nucleus of the refills. @default 1 */
  topP?: number;
  /** Most probable tokens of the refills. @default all */
  topK?: number;
  /**
   * What is called energy: the negative log-likelihood, in nats, of the free tokens under the AR model alone (with prompt and
   * suffix read as context and continuation), or under the fused model with all free positions masked. @default 'ar'
   */
  energy?: 'ar' | 'fused';
  /**
   * Metropolis acceptance: a sweep that raises the energy by d is kept with probability exp(-d / T), else undone.
   * T in nats. @default none, every sweep is kept
   */
  acceptance?: Schedule;
  /** @default 0 */
  seed?: number;
  /** Which of several independent runs of one seed this is. @default 0 */
  chain?: number;
  /** Sweeps of an earlier run with the same options, in order: the run goes on after the last of them. */
  resume?: readonly SweepRecord[];
  /** Read before each sweep: what a person changes while it runs. */
  control?: AnnealControl;
  /** Milliseconds from any origin. @default performance.now */
  clock?: () => number;
  signal?: AbortSignal;
};

/** Changes that take effect with the next sweep. A run that was changed so is reproduced by its trace, not by its seed. */
export interface AnnealControl {
  /** Instead of the schedule's value. */
  readonly temperature?: number | undefined;
  /** Instead of the schedule's value. */
  readonly maskRate?: number | undefined;
  /** Positions that keep their tokens from now on. */
  readonly pinned?: ReadonlySet<number> | undefined;
}

/** One sweep, as it stands in a trace: one line of JSON. */
export interface SweepRecord {
  readonly seed: number;
  readonly chain: number;
  /** From 0. */
  readonly sweep: number;
  /** The sequence after the sweep (the earlier one, if the sweep was not accepted). */
  readonly text: string;
  readonly ids: readonly number[];
  /** Positions whose token changed. */
  readonly changed: readonly number[];
  /** Positions that were masked. */
  readonly masked: readonly number[];
  /** Of `ids`, in nats. */
  readonly energy: number;
  readonly temperature: number;
  readonly maskRate: number;
  readonly accepted: boolean;
  /** Probability that each token had when it was chosen; 1 for given tokens. */
  readonly confidence: readonly number[];
  /** Time that the run took so far; a resumed run counts on from its last record. */
  readonly elapsedMs: number;
}

export interface AnnealResult {
  readonly last: SweepRecord;
  /** The sweep with the lowest energy. */
  readonly best: SweepRecord;
}

export type AnnealEvent =
  | {
      readonly type: 'anneal-start';
      readonly ids: readonly number[];
      readonly free: readonly number[];
      readonly maskId: number;
    }
  | {
      readonly type: 'sweep-start';
      readonly sweep: number;
      readonly masked: readonly number[];
      readonly temperature: number;
      readonly maskRate: number;
    }
  /** One position of the running sweep has its token. */
  | Extract<InfillEvent, { type: 'gap-filled' }>
  | ({ readonly type: 'sweep-end' } & SweepRecord)
  | ({ readonly type: 'done' } & AnnealResult);
