// Refuses a text before it is split into tokens, which takes time, where it cannot have few enough of them.
import { UsageError } from '../errors.js';
import type { Vocabulary } from './vocabulary.js';

/**
 * @param longest most tokens that the model reads
 * @throws UsageError `context-too-long`
 */
export function refuseLong(
  texts: readonly string[],
  gapTokens: number,
  { fewestTokens = () => 0 }: Pick<Vocabulary, 'fewestTokens'>,
  longest: number,
): void {
  let fewest = gapTokens;
  for (const text of texts) {
    if (fewest > longest) break;
    fewest += fewestTokens(text, longest + 1 - fewest);
  }
  refuseTokens(fewest, longest);
}

/** The same of a number of tokens that is known. */
export function refuseTokens(fewest: number, longest: number): void {
  if (fewest > longest)
    throw new UsageError(
      'context-too-long',
      `Cannot fill the text: it is at least ${fewest} tokens long and the MLM reads at most ${longest}.`,
      { try: 'Split the text, or use a model with a longer context.' },
    );
}
