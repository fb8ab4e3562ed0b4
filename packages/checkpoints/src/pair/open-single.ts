// One model folder by itself: an AR model or an MLM.
import { join } from 'node:path';
import { type Architecture, DataError, ownTurn, readArchitecture, Weights } from '@maria/core';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import { openEitherFormat } from '../torch/open-either-format.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import type { JsonObject } from '../weights/json-file.js';
import { refusePackedWeights } from '../weights/packed-weights.js';
import { quote } from '../weights/quote.js';
import { outputMatrixOf, untiedWarning } from './output-matrix.js';
import type { Backbone, LogitMatrix, PairOptions } from './pair.js';
import { vocabularyOf } from './vocabulary-of.js';

export interface SingleModel<A extends Architecture = Architecture> extends Backbone<A> {
  readonly checkpoint: Checkpoint;
  readonly vocabulary: ModelVocabulary;
  readonly expert: LogitMatrix;
}

type OpenSingleOptions = Pick<PairOptions, 'onWarning' | 'onNote' | 'signal'>;
type Kind = Architecture['kind'];

/** @throws DataError when the folder is unfit, or holds a model of another kind than the one that is wanted */
export async function openSingle<K extends Kind = Kind>(
  folder: string,
  options: OpenSingleOptions,
  wanted?: K,
): Promise<SingleModel<Extract<Architecture, { kind: K }>>> {
  const requireUse = (config: JsonObject) =>
    requireKind(folder, readArchitecture(config, join(folder, 'config.json')), wanted);
  const checkpoint = await openEitherFormat(folder, options, requireUse);
  refusePackedWeights(folder, checkpoint.config, checkpoint.weights);
  const architecture = readArchitecture(checkpoint.config, join(folder, 'config.json'));
  requireKind(folder, architecture, wanted);
  await ownTurn();
  const vocabulary = await vocabularyOf(checkpoint, architecture.kind === 'causal' ? 'AR model' : 'MLM');
  await ownTurn();
  const expert = await expertOf(checkpoint, architecture, options);
  return { checkpoint, architecture, weights: checkpoint.weights, vocabulary, expert };
}

export function requireKind<K extends Kind>(
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

/** A model's own output matrix. @throws DataError when it is missing or of another shape */
export async function expertOf(
  { folder, weights: source }: Checkpoint,
  architecture: Architecture,
  { onWarning, signal }: OpenSingleOptions,
): Promise<LogitMatrix> {
  const { weight, untied, bias } = architecture.outputEmbedding;
  const { hiddenSize, vocabularySize } = architecture.sizes;
  const weights = new Weights(source, architecture.tensorNames);
  if (untied === undefined && !weights.has(weight))
    throw new DataError(
      'tensor-missing',
      `Cannot load the model in ${folder}: the checkpoint has no tensor ${quote(weights.spell(weight))}, and the config does not tie it to the table of tokens.`,
      { try: 'If the two are one matrix, put "tie_word_embeddings": true into config.json.' },
    );
  weights.get(weight, [vocabularySize, hiddenSize]);
  if (untied !== undefined && weights.has(untied)) weights.get(untied, [vocabularySize, hiddenSize]);
  if (bias !== undefined) weights.get(bias, [vocabularySize]);
  const matrix = await outputMatrixOf(
    source,
    architecture,
    (names) => onWarning?.(untiedWarning(folder, names)),
    signal,
  );
  return {
    source,
    weight: matrix!,
    bias: bias === undefined ? undefined : weights.resolve(bias)!,
    scale: 0.5,
    hiddenSize,
  };
}
