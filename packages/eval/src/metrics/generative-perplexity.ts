// Generative perplexity: how surprising a generated text is to an AR model.
import { firstMaskable, logLikelihoods, type Model, requireParts, UsageError } from '@maria/core';

export interface JudgedText {
  /** Tokens that were predicted. */
  readonly tokens: number;
  /** Sum over these tokens of -log p(x_i | x_<i), in nats. */
  readonly negativeLogLikelihood: number;
  /** exp(negativeLogLikelihood / tokens) */
  readonly perplexity: number;
}

/**
 * exp of the mean negative log-likelihood of a text's tokens under the AR model of `judge`, over all rows of its output embedding.
 *
 * Tokens are those of the judge's own tokenizer on the whole text, prompt included, not the ids that were generated: spelling a word in
 * rare pieces gains nothing. The first token counts where the judge has a document-start token, else it is only context.
 * Texts that repeat themselves are likely too: report `tokenEntropy` beside it.
 * @throws DataError when the judge has no AR model with an output embedding
 * @throws UsageError for a text without a token to predict, or one longer than the judge's context
 */
export async function generativePerplexity(judge: Model, text: string): Promise<JudgedText> {
  const { vocabulary, alignment, ar } = requireParts(judge, ['ar', 'experts.ar'], 'judge the text');
  const ids = await vocabulary.encode(text, { specialTokens: false });
  const first = firstMaskable(alignment);
  const read = alignment.arPrefix.length + ids.length - 1;
  if (read > ar.capacity)
    throw new UsageError(
      'context-too-long',
      `Cannot judge the text: it is ${ids.length} tokens long and the AR model reads at most ${ar.capacity}.`,
      {
        try: 'Judge a shorter text, or give a larger context if one was given.',
        facts: { capacity: ar.capacity, judged: ids.length },
      },
    );
  const positions = Array.from({ length: Math.max(0, ids.length - first) }, (_, i) => first + i);
  if (positions.length === 0)
    throw new UsageError('empty-text', 'Cannot judge the text: it has no token to predict.');
  const perToken = await logLikelihoods(judge, ids, positions, { system: 'ar' });
  const negativeLogLikelihood = -perToken.reduce((total, one) => total + one, 0);
  return {
    tokens: positions.length,
    negativeLogLikelihood,
    perplexity: Math.exp(negativeLogLikelihood / positions.length),
  };
}
