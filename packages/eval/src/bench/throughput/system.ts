// What the throughput benchmark compares: ways to fill the gaps of a sequence.
import type { MariaModel } from '@maria/core';
import type { Clock } from '../timing.js';
import type { MaskedSequence } from './masked-sequence.js';

export interface SystemRun {
  readonly model: MariaModel;
  readonly sequence: MaskedSequence;
  /** Asked after each filled gap. */
  readonly enough: (filled: number) => boolean;
  readonly clock: Clock;
  /** Milliseconds that the model's parts have computed since the run began. */
  readonly modelTime: () => number;
  readonly signal: AbortSignal | undefined;
}

export interface SystemOutcome {
  /** Gaps that were filled: all, unless it was `enough` before. */
  readonly filled: number;
  /** Milliseconds in which hidden states and logits were copied. */
  readonly copies: number;
}

/** Fills gaps with the most probable tokens. @throws InterruptedError */
export type System = (run: SystemRun) => Promise<SystemOutcome>;
