// The learning rate over a run: a linear rise, then a plateau or a cosine, then down to nothing.

export interface LearningRateSchedule {
  readonly peak: number;
  readonly warmupSteps: number;
  readonly steps: number;
  /**
   * `cosine` falls from the peak to a tenth of it over the whole run; `plateau` keeps the peak and falls linearly to zero
   * over the last `decaySteps`, so that the length of a run may be decided while it runs (arXiv 2405.18392).
   */
  readonly shape: 'cosine' | 'plateau';
  readonly decaySteps: number;
}

const cosineFloor = 0.1;

/** The rate of step `step`, counted from 1. */
export function learningRate(
  step: number,
  { peak, warmupSteps, steps, shape, decaySteps }: LearningRateSchedule,
): number {
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  if (shape === 'plateau')
    return peak * Math.min(1, Math.max(0, (steps - step + 1) / Math.max(1, decaySteps)));
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  return peak * (cosineFloor + ((1 - cosineFloor) * (1 + Math.cos(Math.PI * progress))) / 2);
}
