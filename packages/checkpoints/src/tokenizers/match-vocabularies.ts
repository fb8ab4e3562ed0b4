// Whether two models mean the same tokens by the same ids, token by token. Sizes may differ; meanings may not.
import { DataError } from '@maria/core';
import { neverSampled } from './placeholders.js';
import type { ModelVocabulary } from './tokenizer.js';

/** What of the two vocabularies may be sampled: ids from 0 to `size`, but for the special ids. */
export interface SharedVocabulary {
  /** Ids from 0 on for which both tokenizers have a place. */
  readonly size: number;
  /** Special or a placeholder in either. */
  readonly specialIds: ReadonlySet<number>;
}

type Tokens = Pick<ModelVocabulary, 'tokens' | 'specialIds' | 'addedIds' | 'isReached'>;

/** Whether ordinary text becomes the token: it is learned, and no filler of the table. */
function isOrdinary({ tokens, specialIds, addedIds, isReached }: Tokens, id: number): boolean {
  return tokens[id] !== undefined && !specialIds.has(id) && !addedIds.has(id) && isReached(id);
}

function written(token: string | undefined): string {
  return token === undefined ? 'no token' : JSON.stringify(token);
}

/**
 * Compares all tokens that text can become, to the end of the longer vocabulary. Special and added tokens may have other names, and either
 * may have more of them, as an MLM has [MASK] beyond the AR model's tokens: those are read, never sampled.
 * @throws DataError `vocabulary-mismatch` naming the first differing id and its tokens
 */
export function matchVocabularies(ar: Tokens, mlm: Tokens): SharedVocabulary {
  const size = Math.min(ar.tokens.length, mlm.tokens.length);
  const specialIds = new Set([...neverSampled(ar), ...neverSampled(mlm)]);
  const isElsewhere = movedTokens(ar, mlm);
  for (let id = 0; id < Math.max(ar.tokens.length, mlm.tokens.length); id++) {
    if (ar.tokens[id] === mlm.tokens[id]) continue;
    if (isOrdinary(ar, id) || isOrdinary(mlm, id) || isElsewhere(id))
      throw new DataError(
        'vocabulary-mismatch',
        `Cannot pair the models: token ${id} is ${written(mlm.tokens[id])} in the MLM's vocabulary and ${written(ar.tokens[id])} in the AR model's.`,
        { try: 'Pair models that share a tokenizer, such as OLMo and ModernBERT.' },
      );
    if (id < size) specialIds.add(id);
  }
  return { size, specialIds };
}

/** Whether one of the two tokens of an id has another id in the other vocabulary. */
function movedTokens(ar: Tokens, mlm: Tokens): (id: number) => boolean {
  let sets: { ar: Set<string | undefined>; mlm: Set<string | undefined> } | undefined;
  return (id) => {
    sets ??= { ar: new Set(ar.tokens), mlm: new Set(mlm.tokens) };
    const [arToken, mlmToken] = [ar.tokens[id], mlm.tokens[id]];
    return (
      (arToken !== undefined && sets.mlm.has(arToken)) || (mlmToken !== undefined && sets.ar.has(mlmToken))
    );
  };
}
