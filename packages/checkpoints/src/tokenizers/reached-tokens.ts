// Which tokens of a model some text becomes. Tables may hold others, which only fill them up.
import type { JsonObject } from '../weights/json-file.js';
import { halvesOf, type Merge, mergesOf } from './merges.js';

/** Of a BPE model the single characters, the bytes, and what merges make; of the other models all tokens. */
export function reachedTokens(tokenizer: JsonObject): (token: string) => boolean {
  const model = tokenizer.model as JsonObject;
  if (!Array.isArray(model.merges) || model.ignore_merges === true) return () => true;
  let made: ReadonlySet<string> | undefined;
  return (token) => {
    made ??= mergedTokens(mergesOf(tokenizer) ?? [], model.continuing_subword_prefix);
    return [...token].length === 1 || /^<0x[0-9A-Fa-f]{2}>$/.test(token) || made.has(token);
  };
}

function mergedTokens(merges: readonly Merge[], prefix: unknown): ReadonlySet<string> {
  const marked = typeof prefix === 'string' ? prefix : '';
  return new Set(
    merges.map((merge) => {
      const [left, right] = halvesOf(merge);
      return left + (marked !== '' && right.startsWith(marked) ? right.slice(marked.length) : right);
    }),
  );
}
