// Two model folders as a pair: an untrained product of experts.
import { pairVocabularies } from '../tokenizers/pair-vocabularies.js';
import { openSingle } from './open-single.js';
import type { Pair, PairOptions } from './pair.js';
import { alignmentOf, withMask } from './vocabulary-of.js';

/** @throws DataError when a folder is unfit, or the vocabularies do not match */
export function openBackbones(arFolder: string, mlmFolder: string, options: PairOptions): Pair {
  const { vocabulary: arVocabulary, ...ar } = openSingle(arFolder, 'causal');
  const { vocabulary: mlmVocabulary, ...mlm } = openSingle(mlmFolder, 'masked');
  const { arIds, toShared, ...shared } = pairVocabularies(arVocabulary, mlmVocabulary);
  const arRows = ar.architecture.sizes.vocabularySize;
  const mlmRows = mlm.architecture.sizes.vocabularySize;
  // Tokens that a tokenizer has and its model's table has not are none.
  const rows = arIds?.map((id) => (id < arRows ? id : -1));
  const arExpert = { ...ar.expert, rows };
  return {
    ar: { ...ar, expert: arExpert },
    mlm,
    ...(rows && { translation: { arIds: rows, tokens: mlmVocabulary.tokens } }),
    vocabulary: { ...withMask(mlmVocabulary, `the MLM in ${mlmFolder}`), ...shared },
    alignment: alignmentOf(options, ar.architecture.sizes, arVocabulary, mlmVocabulary, toShared),
    head: { vocabularySize: Math.min(rows?.length ?? arRows, mlmRows), ar: arExpert, mlm: mlm.expert },
    sources: new Map([
      ['the AR model', ar.checkpoint.weights],
      ['the MLM', mlm.checkpoint.weights],
    ]),
  };
}
