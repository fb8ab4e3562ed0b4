// What --stats tells on standard error after a run.
import type { InfillResult } from '@maria/core';

export class InfillStats {
  /** Milliseconds until the model was ready. */
  loadMs = 0;
  private texts = 0;
  private gaps = 0;
  private tokens = 0;
  private fillMs = 0;
  private filling = 0;
  private since = 0;
  private work = { mlm: 0, ar: 0, denoiser: 0, drafted: 0, accepted: 0, rejected: 0, decidedAlone: 0 };

  /** A text is being filled from now on. Time counts while any is. */
  begin(): void {
    if (this.filling++ === 0) this.since = performance.now();
  }

  end(): void {
    if (--this.filling === 0) this.fillMs += performance.now() - this.since;
  }

  /** Counts a text that is filled. */
  add({ samples, passes, drafts }: InfillResult): void {
    this.texts++;
    for (const [name, count] of Object.entries({ ...passes, ...drafts }))
      this.work[name as keyof typeof this.work] += count;
    for (const { gaps } of samples) {
      this.gaps += gaps.length;
      for (const { ids } of gaps) this.tokens += ids.length;
    }
  }

  /** @param peakKiB largest resident set of the process so far */
  lines(peakKiB = process.resourceUsage().maxRSS): string[] {
    const { texts, gaps, tokens, fillMs, work } = this;
    const rate =
      tokens === 0
        ? ''
        : `, ${rounded((1000 * tokens) / fillMs)} tokens/s, ${rounded(fillMs / gaps)} ms a gap`;
    return [
      `load: ${rounded(this.loadMs)} ms`,
      `fill: ${rounded(fillMs)} ms${rate}`,
      `texts: ${texts}, gaps: ${gaps}, tokens filled: ${tokens}`,
      work.denoiser > 0
        ? `passes: ${work.denoiser} of the denoiser`
        : `passes: ${work.mlm} MLM, ${work.ar} AR`,
      ...(work.drafted > 0
        ? [`drafts: ${work.drafted}, accepted: ${work.accepted}, rejected: ${work.rejected}`]
        : []),
      ...(work.decidedAlone > 0 ? [`near ties that were decided alone: ${work.decidedAlone}`] : []),
      `peak memory: ${rounded(peakKiB / 1024)} MiB`,
    ];
  }
}

/** Three significant digits below 100, whole numbers from there. */
function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
