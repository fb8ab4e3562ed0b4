// One model folder by itself: an AR model or an MLM.
import { join } from 'node:path';
import { type Architecture, DataError, readArchitecture, Weights } from '@maria/core';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import { type Checkpoint, openCheckpoint } from '../weights/checkpoint.js';
import type { Backbone, LogitMatrix } from './pair.js';
import { vocabularyOf } from './vocabulary-of.js';

export interface SingleModel<A extends Architecture = Architecture> extends Backbone<A> {
  readonly checkpoint: Checkpoint;
  readonly vocabulary: ModelVocabulary;
  readonly expert: LogitMatrix;
}

type Kind = Architecture['kind'];

/** @throws DataError when the folder is unfit, or holds a model of another kind than the one that is wanted */
export function openSingle<K extends Kind = Kind>(
  folder: string,
  wanted?: K,
): SingleModel<Extract<Architecture, { kind: K }>> {
  const checkpoint = openCheckpoint(folder);
  const architecture = readArchitecture(checkpoint.config, join(folder, 'config.json'));
  requireKind(folder, architecture, wanted);
  return {
    checkpoint,
    architecture,
    weights: checkpoint.weights,
    vocabulary: vocabularyOf(checkpoint, architecture.kind === 'causal' ? 'AR model' : 'MLM'),
    expert: expertOf(checkpoint, architecture),
  };
}

function requireKind<K extends Kind>(
  folder: string,
  architecture: Architecture,
  kind: K = architecture.kind as K,
): asserts architecture is Extract<Architecture, { kind: K }> {
  if (architecture.kind === kind) return;
  const [is, part] =
    architecture.kind === 'causal' ? ['an AR model', 'AR model'] : ['a masked language model', 'MLM'];
  throw new DataError(
    'model-kind',
    `Cannot use ${folder} as the ${kind === 'causal' ? 'AR model' : 'MLM'}: "${architecture.modelType}" is ${is}.`,
    { try: `Give it as the ${part}.`, facts: { kind: architecture.kind } },
  );
}

/** @throws DataError when the output embedding is missing or of another shape */
function expertOf(checkpoint: Checkpoint, architecture: Architecture): LogitMatrix {
  const { weight, bias } = architecture.outputEmbedding;
  const { hiddenSize, vocabularySize } = architecture.sizes;
  const weights = new Weights(checkpoint.weights, architecture.tensorNames);
  weights.get(weight, [vocabularySize, hiddenSize]);
  if (bias !== undefined) weights.get(bias, [vocabularySize]);
  return {
    source: checkpoint.weights,
    weight: weights.resolve(weight)!,
    bias: bias === undefined ? undefined : weights.resolve(bias)!,
    scale: 0.5,
    hiddenSize,
  };
}
