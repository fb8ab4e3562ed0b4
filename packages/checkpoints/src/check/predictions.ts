// The predictions of a model for the tokens of a known sequence: what quantised and float32 models are compared by.
import { firstMaskable, type Model, randomKey, type ScoringSystem, teacherForcedLogits } from '@maria/core';
import type { Prediction } from './compare-logits.js';

type PredictingSystem = Exclude<ScoringSystem, 'mlm-chain'>;

/** Part of the tokens that are predicted at once, from the others; an AR model predicts all, from those before. */
const maskRates: Readonly<Record<PredictingSystem, number>> = {
  ar: 1,
  // As MLMs are trained.
  mlm: 0.15,
  maria: 0.5,
};

export async function* predictions(
  model: Model,
  system: PredictingSystem,
  ids: Int32Array,
): AsyncGenerator<Prediction> {
  const first = system === 'mlm' ? 0 : firstMaskable(model.alignment);
  const masked = positionsToMask(ids.length, maskRates[system], first);
  let index = 0;
  for await (const logits of teacherForcedLogits(model, ids, masked, { system }))
    yield { logits, target: ids[masked[index++]!]! };
}

/** Each position from `first` on with this probability, the same ones every time; one at least, where there is one. */
function positionsToMask(length: number, rate: number, first: number): number[] {
  const random = randomKey(0);
  const positions = Array.from({ length: Math.max(0, length - first) }, (_, i) => first + i);
  const chosen = positions.filter((position) => random.uniform(position, 0) < rate);
  return chosen.length > 0 ? chosen : positions.slice(0, 1);
}
