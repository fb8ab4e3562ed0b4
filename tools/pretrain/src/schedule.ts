// The learning rate over a run: one of core's schedules, and at the end of it down to nothing.
import { type LearningRateOptions, learningRate } from '@maria/core';

export interface PretrainSchedule extends LearningRateOptions {
  /**
   * Over these last steps the rate falls linearly to zero. After a constant rate, that lets the length of a run be decided
   * while it runs (arXiv 2405.18392).
   */
  readonly decay: number;
}

/** The rate of the step that follows `taken` steps. */
export function pretrainingRate(schedule: PretrainSchedule, taken: number): number {
  const left = schedule.decay === 0 ? 1 : Math.min(1, Math.max(0, (schedule.steps - taken) / schedule.decay));
  return learningRate(schedule, taken) * left;
}
