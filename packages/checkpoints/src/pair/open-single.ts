// One model folder by itself: an AR model or an MLM.
import { join } from 'node:path';
import { type Architecture, readArchitecture } from '@maria/core';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import { type Checkpoint, openCheckpoint } from '../weights/checkpoint.js';
import { expertOf } from './open-backbones.js';
import type { Part } from './pair.js';
import { vocabularyOf } from './vocabulary-of.js';

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
