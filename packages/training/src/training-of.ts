// What a run trains on, and how: the part of its options that its settings decide.
import { parseMasking, type TrainHeadOptions } from '@maria/core';
import type { OpenTraining } from './open-training.js';

type Training = Pick<
  TrainHeadOptions,
  'trainer' | 'backbones' | 'windows' | 'tokens' | 'masking' | 'refresh' | 'seed' | 'batch' | 'learningRate'
>;

export function trainingOf({ trainer, backbones, data, training, settings }: OpenTraining): Training {
  const { learningRate: peak, schedule, warmup, steps, maskRate, refresh, seed, batch } = settings;
  return {
    trainer,
    backbones,
    windows: data.windows,
    tokens: training.pair.vocabulary.tokens,
    masking: parseMasking(maskRate),
    refresh,
    seed,
    batch,
    learningRate: { peak, schedule, warmup, steps },
  };
}
