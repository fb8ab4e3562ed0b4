// How the length of a gap is chosen among candidates that were filled, each with the tokens around it.

/** A length of a gap, filled with its most probable tokens; logarithms are natural. */
export interface LengthCandidate {
  readonly length: number;
  readonly ids: readonly number[];
  /** The fill as it stands in the text. */
  readonly text: string;
  /** log q(fill | what is around): of the system that fills, of each token when it was chosen. */
  readonly logFill: number;
  /** log p(fill, what follows | what stands before) of the AR model. What follows is up to 32 tokens, as many for every candidate. */
  readonly logText: number;
  /** The part of `logText` that is of what follows the gap. */
  readonly logAfter: number;
  /** What the rule makes of these; the largest is best. */
  readonly score: number;
}

type Measured = Omit<LengthCandidate, 'score'>;

interface LengthRule {
  /** One line for help. */
  readonly summary: string;
  score(candidate: Measured): number;
}

export const lengthRules = {
  evidence: {
    // p(fill, after) / q(fill), the weight of a fill drawn from q, is p(after) summed over all fills of a length in the mean.
    summary: 'how probable the text around is with a gap of this length, whatever fills it',
    score: ({ logText, logFill }) => logText - logFill,
  },
  likelihood: {
    summary: 'how probable the text is with this fill, for which shorter ones have the better chance',
    score: ({ logText }) => logText,
  },
  after: {
    summary: 'how probable what follows the gap is after this fill',
    score: ({ logAfter }) => logAfter,
  },
} satisfies Record<string, LengthRule>;

export type LengthRuleName = keyof typeof lengthRules;
export const lengthRuleNames = Object.keys(lengthRules) as LengthRuleName[];
