// The ids of one vocabulary in another that has the same tokens under other ids, as RoBERTa has GPT-2's.
import type { ModelVocabulary } from './tokenizer.js';

/** What a permutation needs of a vocabulary. */
export type PermutableVocabulary = Pick<
  ModelVocabulary,
  | 'tokens'
  | 'specialIds'
  | 'addedIds'
  | 'bosId'
  | 'eosId'
  | 'clsId'
  | 'sepId'
  | 'padId'
  | 'unkId'
  | 'maskId'
  | 'isReached'
> &
  Partial<Pick<ModelVocabulary, 'merges'>>;

export interface VocabularyPermutation {
  /** For each MLM id the AR model's id of the same token, or of the special token with the same role; -1 where there is none. */
  readonly arIds: Int32Array;
  /** The first ordinary token of each vocabulary that the other does not have. Both are absent where the vocabularies fit. */
  readonly missingInAr?: number;
  readonly missingInMlm?: number;
}

/** More tokens than this that are never encoded are no leftovers: it is another vocabulary. */
const maxUnused = 64;

/** Matches tokens by their strings, then special tokens by their roles. */
export function permuteVocabulary(
  ar: PermutableVocabulary,
  mlm: PermutableVocabulary,
): VocabularyPermutation {
  const arIdOf = idsByToken(ar);
  const mlmIdOf = idsByToken(mlm);
  const arIds = Int32Array.from(mlm.tokens, (token) =>
    token === undefined ? -1 : (arIdOf.get(token) ?? -1),
  );
  const missingInAr = firstOrdinary(mlm, (token) => arIdOf.has(token));
  const missingInMlm = firstOrdinary(ar, (token) => mlmIdOf.has(token));
  for (const [id, counterpart] of sameRole(ar, mlm)) if (arIds[id] === -1) arIds[id] = counterpart;
  return {
    arIds,
    ...(missingInAr !== undefined && { missingInAr }),
    ...(missingInMlm !== undefined && { missingInMlm }),
  };
}

function idsByToken({ tokens }: PermutableVocabulary): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (token !== undefined) ids.set(token, id);
  });
  return ids;
}

/** Pairs of an MLM id and the AR id of the special token that plays its part. An AR model may have one token for several. */
function sameRole(ar: PermutableVocabulary, mlm: PermutableVocabulary): [mlmId: number, arId: number][] {
  const start = ar.bosId ?? ar.clsId ?? ar.eosId;
  const end = ar.eosId ?? ar.sepId ?? ar.bosId;
  const pairs = [
    [mlm.bosId, start],
    [mlm.clsId, start],
    [mlm.eosId, end],
    [mlm.sepId, end],
    [mlm.padId, ar.padId],
    [mlm.unkId, ar.unkId],
    [mlm.maskId, ar.maskId],
  ] as const;
  return pairs.filter((pair): pair is [number, number] => pair[0] !== undefined && pair[1] !== undefined);
}

/** The first token that text is encoded as and `has` does not know. Special and added tokens may differ between models. */
function firstOrdinary(
  vocabulary: PermutableVocabulary,
  has: (token: string) => boolean,
): number | undefined {
  let unused = 0;
  for (const [id, token] of vocabulary.tokens.entries()) {
    if (token === undefined || has(token)) continue;
    if (vocabulary.specialIds.has(id) || vocabulary.addedIds.has(id)) continue;
    if (vocabulary.isReached(id) || ++unused > maxUnused) return id;
  }
  return undefined;
}
