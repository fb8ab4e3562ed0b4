// A model alone, compiled, as what predicts the tokens of a text: the next ones of an AR model, masked ones of an MLM.
import {
  type Backend,
  type CausalArchitecture,
  chooseAlignment,
  createCausalModel,
  createExpert,
  createMaskedModel,
  DataError,
  type HeadMatrix,
  type MaskedArchitecture,
  type WeightSource,
} from '@maria/core';
import type { SingleModel } from '../pair/open-single.js';
import { nameTheMask } from '../pair/vocabulary-of.js';
import type { Prediction } from './compare-logits.js';
import { causalPredictions, maskedPredictions, positionsToMask } from './predictions.js';

export type Predict = (ids: Int32Array) => AsyncIterable<Prediction>;

export interface Predictor {
  readonly predictions: Predict;
  dispose(): void;
}

/** As MLMs are trained. */
const maskRate = 0.15;

type Expert = HeadMatrix & { readonly hiddenSize: number };

/**
 * @param weights of the model, and `half` its output embedding: the stored ones, or quantised ones
 * @param longest most tokens of one text
 */
export function predictor(
  backend: Backend,
  model: SingleModel,
  weights: WeightSource,
  half: Expert,
  longest: number,
): Promise<Predictor> {
  const { architecture } = model;
  return architecture.kind === 'causal'
    ? causalPredictor(backend, model, architecture, weights, half, longest)
    : maskedPredictor(backend, model, architecture, weights, half);
}

async function causalPredictor(
  backend: Backend,
  { vocabulary }: SingleModel,
  architecture: CausalArchitecture,
  weights: WeightSource,
  half: Expert,
  longest: number,
): Promise<Predictor> {
  const { sizes } = architecture;
  // Room for what stands before the text.
  const capacity = Math.min(longest + 8, sizes.maxLength);
  const model = await createCausalModel(backend, architecture, weights, capacity);
  const expert = createExpert(backend, sizes.vocabularySize, { ...half, scale: 1 });
  const { arPrefix } = chooseAlignment(
    { arPrefix: 'auto', mlmTemplate: 'none' },
    { bosId: sizes.bosId ?? vocabulary.bosId, eosId: sizes.eosId ?? vocabulary.eosId },
    undefined,
  );
  return {
    predictions: (ids) => causalPredictions(model, expert, arPrefix, ids),
    dispose: () => {
      model.dispose();
      expert.dispose();
    },
  };
}

async function maskedPredictor(
  backend: Backend,
  { vocabulary, checkpoint }: SingleModel,
  architecture: MaskedArchitecture,
  weights: WeightSource,
  half: Expert,
): Promise<Predictor> {
  const { maskId, template } = vocabulary;
  if (maskId === undefined)
    throw new DataError(
      'mask-missing',
      `Cannot check the MLM in ${checkpoint.folder}: its tokenizer has no mask token.`,
      { try: nameTheMask },
    );
  const model = await createMaskedModel(backend, architecture, weights);
  const expert = createExpert(backend, architecture.sizes.vocabularySize, { ...half, scale: 1 });
  const around = { prefix: template?.prefix ?? [], suffix: template?.suffix ?? [] };
  return {
    predictions: (ids) =>
      maskedPredictions(model, expert, around, maskId, ids, positionsToMask(ids.length, maskRate, 0)),
    dispose: () => {
      model.dispose();
      expert.dispose();
    },
  };
}
