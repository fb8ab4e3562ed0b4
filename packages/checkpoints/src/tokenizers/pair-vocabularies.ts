// The one id space of a pair: the MLM's, whose tokenizer has the mask. The AR model's ids are the same or a fixed permutation.
import { DataError } from '@maria/core';
import { matchVocabularies, type SharedVocabulary } from './match-vocabularies.js';
import { matchMerges } from './merges.js';
import { type PermutableVocabulary, permuteVocabulary } from './permute-vocabulary.js';
import { neverSampled } from './placeholders.js';

export interface PairedVocabulary extends SharedVocabulary {
  /** For each shared id the AR model's id, -1 where it has no such token; absent where the ids are the same. */
  readonly arIds?: Int32Array;
  /** The shared id of one of the AR model's tokens, for those that it wants around a sequence. */
  toShared(arId: number): number | undefined;
}

/**
 * Equal ids where the tables agree token by token, else a permutation found by token string, as for GPT-2 with RoBERTa or
 * Pythia with ModernBERT. Tokens that the AR model lacks are never sampled.
 * @throws DataError `vocabulary-mismatch` naming the first differing id, when an ordinary token of one is none of the other's, or the
 * first merge, when the same tokens are made in another way
 */
export function pairVocabularies(ar: PermutableVocabulary, mlm: PermutableVocabulary): PairedVocabulary {
  const paired = pairTokens(ar, mlm);
  matchMerges(ar, mlm);
  return paired;
}

function pairTokens(ar: PermutableVocabulary, mlm: PermutableVocabulary): PairedVocabulary {
  try {
    return { ...matchVocabularies(ar, mlm), toShared: (arId) => arId };
  } catch (mismatch) {
    if (!(mismatch instanceof DataError)) throw mismatch;
    const { arIds, missingInAr, missingInMlm } = permuteVocabulary(ar, mlm);
    if (missingInAr !== undefined || missingInMlm !== undefined)
      throw explain(mismatch, { ar, mlm, missingInAr, missingInMlm });
    const specialIds = new Set(neverSampled(mlm));
    arIds.forEach((arId, id) => {
      if (arId === -1 || ar.specialIds.has(arId)) specialIds.add(id);
    });
    return {
      size: mlm.tokens.length,
      specialIds,
      arIds,
      toShared: (arId) => sharedId(arIds, mlm.tokens.indexOf(ar.tokens[arId]), arId),
    };
  }
}

/** The id of the same string, else the first that stands for the token. */
function sharedId(arIds: Int32Array, sameString: number, arId: number): number | undefined {
  const id = arIds[sameString] === arId ? sameString : arIds.indexOf(arId);
  return id < 0 ? undefined : id;
}

function explain(
  mismatch: DataError,
  found: {
    ar: PermutableVocabulary;
    mlm: PermutableVocabulary;
    missingInAr: number | undefined;
    missingInMlm: number | undefined;
  },
): DataError {
  const { ar, mlm, missingInAr, missingInMlm } = found;
  const lacking = [
    missingInAr !== undefined && `the AR model lacks ${JSON.stringify(mlm.tokens[missingInAr])}`,
    missingInMlm !== undefined && `the MLM lacks ${JSON.stringify(ar.tokens[missingInMlm])}`,
  ].filter((fact) => fact !== false);
  return new DataError(
    mismatch.code,
    `${mismatch.message.replace(/\.$/, '')}; under any id, ${lacking.join(' and ')}.`,
    mismatch.try === undefined ? {} : { try: mismatch.try },
  );
}
