// The learning rate over a run: a linear warm-up, then constant, linear to zero, or half a cosine to zero.
export const schedules = ['cosine', 'linear', 'constant'] as const;
export type Schedule = (typeof schedules)[number];

export interface LearningRateOptions {
  /** The highest learning rate. */
  readonly peak: number;
  readonly schedule: Schedule;
  /** Steps until the peak is reached. */
  readonly warmup: number;
  /** Steps of the run. */
  readonly steps: number;
}

/** The learning rate of the step that follows `taken` steps. */
export function learningRate({ peak, schedule, warmup, steps }: LearningRateOptions, taken: number): number {
  if (taken < warmup) return (peak * (taken + 1)) / warmup;
  const progress = Math.min(1, (taken - warmup) / Math.max(1, steps - warmup));
  switch (schedule) {
    case 'constant':
      return peak;
    case 'linear':
      return peak * (1 - progress);
    case 'cosine':
      return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
  }
}
