// Refuses a text before it is split into tokens, which takes time, where it cannot have few enough of them.
import { UsageError } from '../errors.js';
import type { Vocabulary } from './vocabulary.js';

/**
 * Where a vocabulary cannot tell how few tokens a text has (it drops white space, or takes any word for one unknown
 * token), a text of more characters for each token that fits is no text either.
 */
const mostCharactersPerToken = 1024;

/** As people call it. */
export type Reader = 'MLM' | 'denoiser';

/**
 * @param longest most tokens that the model reads
 * @param reader what that is
 * @throws UsageError `context-too-long`
 */
export function refuseLong(
  texts: readonly string[],
  gapTokens: number,
  { fewestTokens = () => 0 }: Pick<Vocabulary, 'fewestTokens'>,
  longest: number,
  reader: Reader = 'MLM',
): void {
  let fewest = gapTokens;
  for (const text of texts) {
    if (fewest > longest) break;
    fewest += fewestTokens(text, longest + 1 - fewest);
  }
  refuseTokens(fewest, longest, reader);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > longest * mostCharactersPerToken)
    throw tooLong(`${characters} characters long, and the ${reader} reads at most ${longest} tokens`);
}

/** The same of a number of tokens that is known. */
export function refuseTokens(fewest: number, longest: number, reader: Reader = 'MLM'): void {
  if (fewest > longest)
    throw tooLong(`at least ${fewest} tokens long and the ${reader} reads at most ${longest}`);
}

function tooLong(what: string): UsageError {
  return new UsageError('context-too-long', `Cannot fill the text: it is ${what}.`, {
    try: 'Split the text, or use a model with a longer context.',
  });
}
