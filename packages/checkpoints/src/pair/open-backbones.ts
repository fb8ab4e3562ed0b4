// Two model folders as a pair: an untrained product of experts.
import { ownTurn } from '@maria/core';
import { pairVocabularies } from '../tokenizers/pair-vocabularies.js';
import { openSingle } from './open-single.js';
import type { Pair, PairOptions } from './pair.js';
import { requireInTable } from './special-ids.js';
import { alignmentOf, withMask } from './vocabulary-of.js';

/** @throws DataError when a folder is unfit, or the vocabularies do not match */
export async function openBackbones(
  arFolder: string,
  mlmFolder: string,
  options: PairOptions,
): Promise<Pair> {
  const { vocabulary: arVocabulary, ...ar } = await openSingle(arFolder, options, 'causal');
  const { vocabulary: mlmVocabulary, ...mlm } = await openSingle(mlmFolder, options, 'masked');
  await ownTurn();
  const { arIds, toShared, ...shared } = pairVocabularies(arVocabulary, mlmVocabulary);
  const arRows = ar.architecture.sizes.vocabularySize;
  const mlmRows = mlm.architecture.sizes.vocabularySize;
  // Tokens that a tokenizer has and its model's table has not are none.
  const rows = arIds?.map((id) => (id < arRows ? id : -1));
  const arExpert = { ...ar.expert, rows };
  const vocabulary = { ...withMask(mlmVocabulary, `the MLM in ${mlmFolder}`), ...shared };
  const alignment = alignmentOf(options, ar.architecture.sizes, arVocabulary, mlmVocabulary, toShared);
  const around = [...alignment.mlmPrefix, ...alignment.mlmSuffix, vocabulary.maskId];
  requireInTable(`the tokenizer in ${arFolder}`, alignment.arPrefix, rows?.length ?? arRows);
  requireInTable(`the tokenizer in ${mlmFolder}`, around, mlmRows);
  return {
    ar: { ...ar, expert: arExpert },
    mlm,
    ...(rows && { translation: { arIds: rows, tokens: mlmVocabulary.tokens } }),
    vocabulary,
    alignment,
    head: { vocabularySize: Math.min(rows?.length ?? arRows, mlmRows), ar: arExpert, mlm: mlm.expert },
    sources: new Map([
      ['the AR model', ar.checkpoint.weights],
      ['the MLM', mlm.checkpoint.weights],
    ]),
    folders: [ar.checkpoint, mlm.checkpoint],
  };
}
