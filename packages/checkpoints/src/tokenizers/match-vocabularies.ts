// Whether two models mean the same tokens by the same ids, token by token. Sizes may differ; meanings may not.
import { DataError } from '@maria/core';
import type { ModelVocabulary } from './tokenizer.js';

/** What of the two vocabularies may be sampled: ids from 0 to `size`, but for the special ids. */
export interface SharedVocabulary {
  /** Ids from 0 on for which both tokenizers have a place. */
  readonly size: number;
  /** Special in either. */
  readonly specialIds: ReadonlySet<number>;
}

type Tokens = Pick<ModelVocabulary, 'tokens' | 'specialIds'>;

function written(token: string | undefined): string {
  return token === undefined ? 'no token' : JSON.stringify(token);
}

/**
 * Compares the tokens that both tokenizers have. Either may have more beyond, as an MLM has [MASK] beyond the AR model's
 * tokens: those are read, never sampled. @throws DataError `vocabulary-mismatch` naming the first differing id and its tokens
 */
export function matchVocabularies(ar: Tokens, mlm: Tokens): SharedVocabulary {
  const size = Math.min(ar.tokens.length, mlm.tokens.length);
  for (let id = 0; id < size; id++) {
    if (ar.tokens[id] === mlm.tokens[id]) continue;
    throw new DataError(
      'vocabulary-mismatch',
      `Cannot pair the models: token ${id} is ${written(mlm.tokens[id])} in the MLM's vocabulary and ${written(ar.tokens[id])} in the AR model's.`,
      { try: 'pair models that share a tokenizer, such as OLMo and ModernBERT' },
    );
  }
  return { size, specialIds: new Set([...ar.specialIds, ...mlm.specialIds]) };
}
