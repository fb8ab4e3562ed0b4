// What `maria score` tells on standard error at its end: one number over all texts.
import type { ScoreResult } from '@maria/core';

export class ScoreSummary {
  private texts = 0;
  private tokens = 0;
  private logLikelihood = 0;

  add({ masked, logLikelihood }: Pick<ScoreResult, 'masked' | 'logLikelihood'>): void {
    this.texts++;
    this.tokens += masked.length;
    this.logLikelihood += logLikelihood;
  }

  /** Nothing where there was nothing to score. @param failed texts that could not be scored */
  lines(failed: number): string[] {
    const { texts, tokens, logLikelihood } = this;
    const failures = failed === 0 ? '' : ` ${failed} failed.`;
    if (texts === 0) return failed === 0 ? [] : [`Scored none.${failures}`];
    const size = `${texts} ${texts === 1 ? 'text' : 'texts'}, ${tokens} ${tokens === 1 ? 'token' : 'tokens'}`;
    const perplexity = Number(Math.exp(-logLikelihood / tokens).toPrecision(4));
    return [
      `Scored ${size}: log-likelihood ${logLikelihood.toFixed(2)}, perplexity ${perplexity}.${failures}`,
    ];
  }
}
