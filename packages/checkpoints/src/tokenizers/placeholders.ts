// Added tokens that no text is about, though no file calls them special: places kept free, and marks of how a model was trained.
import type { ModelVocabulary } from './tokenizer.js';

/** `<unused0>` and `[unused0]`; `<2mass>` and `[@BOS@]`, which Gemma has. HTML tags and runs of spaces are none. */
const forms = [/^<unused\d+>$/, /^\[unused\d+\]$/, /^<2[a-z]+>$/, /^\[@[A-Z]+@\]$/];

/** Ids that are never sampled: special ones and placeholders. */
export function neverSampled({
  specialIds,
  addedIds,
  tokens,
}: Pick<ModelVocabulary, 'specialIds' | 'addedIds' | 'tokens'>): ReadonlySet<number> {
  const placeholders = [...addedIds].filter((id) => forms.some((form) => form.test(tokens[id] ?? '')));
  return new Set([...specialIds, ...placeholders]);
}
