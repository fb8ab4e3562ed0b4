// One model folder by itself: an AR model or an MLM.
import { join } from 'node:path';
import { type Architecture, type ModelVocabulary, readArchitecture } from '@maria/core';
import { expertOf } from '../pair/open-backbones.js';
import type { Part } from '../pair/pair.js';
import { vocabularyOf } from '../pair/vocabulary-of.js';
import { type Checkpoint, openCheckpoint } from '../weights/checkpoint.js';

export interface SingleModel extends Part<Architecture> {
  readonly checkpoint: Checkpoint;
  readonly vocabulary: ModelVocabulary;
  readonly expert: NonNullable<Part<Architecture>['expert']>;
}

/** @throws DataError when the folder is unfit */
export function openSingle(folder: string): SingleModel {
  const checkpoint = openCheckpoint(folder);
  const architecture = readArchitecture(checkpoint.config, join(folder, 'config.json'));
  const what = architecture.kind === 'causal' ? 'AR model' : 'MLM';
  return {
    checkpoint,
    architecture,
    weights: checkpoint.weights,
    vocabulary: vocabularyOf(checkpoint, what),
    expert: expertOf(checkpoint, architecture),
  };
}
