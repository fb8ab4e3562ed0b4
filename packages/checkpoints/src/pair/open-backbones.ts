// Two model folders as a pair: an untrained product of experts.
import { join } from 'node:path';
import {
  type Architecture,
  type CausalArchitecture,
  DataError,
  type MaskedArchitecture,
  readArchitecture,
  Weights,
} from '@maria/core';
import { pairVocabularies } from '../tokenizers/pair-vocabularies.js';
import { type Checkpoint, openCheckpoint } from '../weights/checkpoint.js';
import type { Pair, PairOptions, Part } from './pair.js';
import { alignmentOf, vocabularyOf, withMask } from './vocabulary-of.js';

/** @throws DataError when a folder is unfit, or the vocabularies do not match */
export function openBackbones(arFolder: string, mlmFolder: string, options: PairOptions): Pair {
  const arCheckpoint = openCheckpoint(arFolder);
  const mlmCheckpoint = openCheckpoint(mlmFolder);
  const ar = openPart(arCheckpoint, 'causal');
  const mlm = openPart(mlmCheckpoint, 'masked');
  const arVocabulary = vocabularyOf(arCheckpoint, 'AR model');
  const mlmVocabulary = vocabularyOf(mlmCheckpoint, 'MLM');
  const { arIds, toShared, ...shared } = pairVocabularies(arVocabulary, mlmVocabulary);
  const arRows = ar.architecture.sizes.vocabularySize;
  const mlmRows = mlm.architecture.sizes.vocabularySize;
  // Tokens that a tokenizer has and its model's table has not are none.
  const rows = arIds?.map((id) => (id < arRows ? id : -1));
  const arExpert = { ...expertOf(arCheckpoint, ar.architecture), rows };
  const mlmExpert = expertOf(mlmCheckpoint, mlm.architecture);
  return {
    ar: { ...ar, expert: arExpert },
    mlm: { ...mlm, expert: mlmExpert },
    ...(rows && { translation: { arIds: rows, tokens: mlmVocabulary.tokens } }),
    vocabulary: { ...withMask(mlmVocabulary, `the MLM in ${mlmFolder}`), ...shared },
    alignment: alignmentOf(options, ar.architecture.sizes, arVocabulary, mlmVocabulary, toShared),
    head: { vocabularySize: Math.min(rows?.length ?? arRows, mlmRows), ar: arExpert, mlm: mlmExpert },
    sources: new Map([
      ['the AR model', arCheckpoint.weights],
      ['the MLM', mlmCheckpoint.weights],
    ]),
  };
}

type OpenedPart<A extends Architecture> = Omit<Part<A>, 'expert'>;

function openPart(checkpoint: Checkpoint, kind: 'causal'): OpenedPart<CausalArchitecture>;
function openPart(checkpoint: Checkpoint, kind: 'masked'): OpenedPart<MaskedArchitecture>;
function openPart(checkpoint: Checkpoint, kind: Architecture['kind']): OpenedPart<Architecture> {
  const { folder, config, weights } = checkpoint;
  const architecture = readArchitecture(config, join(folder, 'config.json'));
  if (architecture.kind === kind) return { architecture, weights };
  const [is, part] =
    architecture.kind === 'causal' ? ['an AR model', 'AR model'] : ['a masked language model', 'MLM'];
  throw new DataError(
    'model-kind',
    `Cannot use ${folder} as the ${kind === 'causal' ? 'AR model' : 'MLM'}: "${architecture.modelType}" is ${is}.`,
    { try: `Give it as the ${part}.`, facts: { kind: architecture.kind } },
  );
}

/** @throws DataError when the output embedding is missing or of another shape */
export function expertOf(
  checkpoint: Checkpoint,
  architecture: Architecture,
): NonNullable<Part<Architecture>['expert']> {
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
