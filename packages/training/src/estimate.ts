// How long a run would take: measured on its own first steps, of which nothing is kept.
import { trainHead } from '@maria/core';
import type { OpenTraining } from './open-training.js';
import { trainingOf } from './training-of.js';

export interface TrainingEstimate {
  /** Of one step without saving and evaluating, in milliseconds. */
  readonly stepMs: number;
  /** Of the steps that are left, in milliseconds. */
  readonly totalMs: number;
}

/** The first step also allocates; the second is what the others are like. The trainer cannot be used for a run afterwards. */
export async function estimateTraining(
  run: OpenTraining,
  { clock = () => performance.now(), signal }: { clock?: () => number; signal?: AbortSignal } = {},
): Promise<TrainingEstimate> {
  const { settings, plan } = run;
  const training = trainingOf(run);
  const events = trainHead({
    ...training,
    learningRate: { ...training.learningRate, steps: plan.from + 3 },
    record: async () => clock(),
    save: async () => {},
    saveEvery: Number.POSITIVE_INFINITY,
    ...(signal && { signal }),
  });
  const times: number[] = [];
  for await (const event of events) if (event.type === 'step' && times.push(event.record) === 3) break;
  const stepMs = times[2]! - times[1]!;
  return { stepMs, totalMs: stepMs * Math.max(0, settings.steps - plan.from) };
}
