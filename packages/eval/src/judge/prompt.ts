// What a judge is asked, and how its answer is read.
import type { Question } from './judge.js';

const system = `You are an impartial judge of texts in which gaps were filled. You see a text with gaps, written [____], and two versions of it, A and B, in which the gaps are filled. Say which version is better: its fills read fluently with the text on both sides, fit what the whole text tells, and repeat nothing. The order of the versions, their length and their names say nothing about their quality.

First explain in at most two sentences. Then end with your verdict: [[A]] if version A is better, [[B]] if version B is better, [[C]] if neither is.`;

export interface Compared {
  readonly gapped: string;
  readonly a: string;
  readonly b: string;
}

export function questionOf({ gapped, a, b }: Compared): Question {
  return {
    system,
    user: `<text with gaps>\n${gapped}\n</text with gaps>\n\n<version A>\n${a}\n</version A>\n\n<version B>\n${b}\n</version B>`,
  };
}

export type Verdict = 'A' | 'B' | 'C';

/** Undefined for an answer without a verdict, or with several that differ. */
export function verdictIn(answer: string): Verdict | undefined {
  const verdicts = new Set(Array.from(answer.matchAll(/\[\[([ABC])\]\]/g), ([, verdict]) => verdict));
  return verdicts.size === 1 ? ([...verdicts][0] as Verdict) : undefined;
}
