// A model alone, compiled, as what predicts the tokens of a text: the next ones of an AR model, masked ones of an MLM.
import {
  type Architecture,
  type Backend,
  type CausalArchitecture,
  chooseAlignment,
  createCausalModel,
  createExpert,
  createMaskedModel,
  DataError,
  type MaskedArchitecture,
  type ModelPart,
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

/** A model alone, traced; its weights and its output embedding are the stored ones, or quantised ones. */
export type PredictedModel<A extends Architecture = Architecture> = SingleModel<A> & ModelPart<A>;

export function predictor(backend: Backend, model: PredictedModel): Promise<Predictor> {
  const { architecture } = model;
  return architecture.kind === 'causal'
    ? causalPredictor(backend, { ...model, architecture })
    : maskedPredictor(backend, { ...model, architecture });
}

async function causalPredictor(
  backend: Backend,
  part: PredictedModel<CausalArchitecture>,
): Promise<Predictor> {
  const { vocabulary } = part;
  const { sizes } = part.architecture;
  const model = await createCausalModel(backend, part);
  const expert = createExpert(backend, sizes.vocabularySize, { ...part.expert, scale: 1 });
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
  part: PredictedModel<MaskedArchitecture>,
): Promise<Predictor> {
  const { vocabulary, checkpoint } = part;
  const { maskId, template } = vocabulary;
  if (maskId === undefined)
    throw new DataError(
      'mask-missing',
      `Cannot check the MLM in ${checkpoint.folder}: its tokenizer has no mask token.`,
      { try: nameTheMask },
    );
  const model = await createMaskedModel(backend, part);
  const expert = createExpert(backend, part.architecture.sizes.vocabularySize, { ...part.expert, scale: 1 });
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
