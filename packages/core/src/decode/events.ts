// What infilling tells its consumers (command line, JSON lines, TUI, tests), and its result.
import type { Token } from '../text/token.js';
import type { Drafts } from './draft-window.js';
import type { LengthCandidate } from './length-rules.js';

export interface Alternative extends Token {
  /** Under the system's distribution at temperature 1, over the ids that may be sampled. */
  readonly probability: number;
}

/** One gap: consecutive masked positions that were written as one marker. */
export interface FilledGap {
  /** Index of the gap's first token in `ids`. */
  readonly position: number;
  readonly ids: readonly number[];
  /** The same, as text and bytes. */
  readonly tokens: readonly Token[];
  /** The fill as it stands in the text. */
  readonly text: string;
  /** Probability of each token when it was chosen; 1 for one that was kept. */
  readonly probabilities: readonly number[];
  /** Of a gap of which something is asked: what probability each token's choice had before the others were taken out. */
  readonly legalMass?: readonly number[];
  /** For each token, the most probable tokens, if asked for. */
  readonly alternatives?: readonly (readonly Alternative[])[];
}

export interface Infilled {
  readonly sample: number;
  /** The whole text; the caller's own text in it is byte for byte what was given. */
  readonly text: string;
  readonly ids: readonly number[];
  readonly gaps: readonly FilledGap[];
  /** Sum of the natural logarithms of the chosen tokens' probabilities. */
  readonly logLikelihood: number;
  /** Of several fills that differ (`best`, `distinct`): its part of all of them, which sum to 1. */
  readonly weight?: number;
  /** With `weight`: log p of the fill among all that the model could have filled in, whatever was asked of its gaps. */
  readonly jointLogLikelihood?: number;
  /** With `distinct`: log of p / q, where q is the chance to be among those that were drawn. */
  readonly logImportance?: number;
}

/** A fill of one gap among several fills. */
export interface Marginal {
  readonly text: string;
  /** The sum of the weights of the fills that have it. */
  readonly weight: number;
}

/** How several fills that differ were found. */
export interface SearchResult {
  /** Fills in progress at a time. */
  readonly width: number;
  /** With `best`: whether nothing was dropped on the way that could have become better than the last fill. */
  readonly isExact?: boolean;
  /** For each gap its different fills, those with the largest weight first. */
  readonly marginals: readonly (readonly Marginal[])[];
}

export interface InfillPasses {
  /** MLM forward passes. */
  mlm: number;
  /** AR forward passes that read the sequence. */
  ar: number;
  /** Forward passes of a denoiser, where there is one. */
  denoiser?: number;
}

/** What became of speculation. */
export interface DraftCounts extends Drafts {
  /** Tokens that were so nearly equal to another that they were chosen from the sequence alone, on a machine whose rows are not exact. */
  decidedAlone: number;
}

/**
 * Ids without a probability: `special` tokens, and rows beyond the tokenizer; tokens that are `unfit` for the text around a gap, or half a
 * character; tokens with `line-breaks`; tokens that are not as asked (`constrained`).
 */
export type Exclusion = 'special' | 'unfit' | 'line-breaks' | 'constrained';

/** A part of a sequence that was read by itself. */
export interface WindowSpan {
  /** Position of its first token, and of the first one after it. */
  readonly start: number;
  readonly end: number;
  /** How many masked tokens were chosen in it, or scored. In order they are those of the sequence. */
  readonly tokens: number;
}

/** The lengths that a gap may have, compared. */
export interface ComparedLengths {
  readonly gap: number;
  /** The best one. */
  readonly length: number;
  /** In ascending order of their lengths. */
  readonly candidates: readonly LengthCandidate[];
}

export interface InfillResult {
  readonly samples: readonly Infilled[];
  readonly passes: InfillPasses;
  readonly drafts: DraftCounts;
  readonly excluded: readonly Exclusion[];
  /** Of a sequence that was too long for the models. */
  readonly windows?: readonly WindowSpan[];
  /** Of fills that differ (`best`, `distinct`). */
  readonly search?: SearchResult;
  /** Of each gap of unknown length. */
  readonly lengths?: readonly ComparedLengths[];
}

export interface Draft extends Token {
  readonly position: number;
}

export type InfillEvent =
  /** The sequence is too long for the models: it is read in windows, one after the other. The first event of such a sequence. */
  | { readonly type: 'windows-planned'; readonly windows: readonly WindowSpan[] }
  /**
   * The lengths that a gap may have are filled and compared, the other gaps as long as was best until then. A gap is compared again, in round
   * 1, where another one has changed since.
   */
  | ({ readonly type: 'lengths-compared'; readonly round: number } & ComparedLengths)
  /**
   * The masked input is known, and read by the MLM where the system has one. `positions` are those of the gaps in `ids`; a kept one has its token there.
   * Where there are windows, it is told once, of the whole sequence, before they are read; where gaps have no length, of each sample.
   */
  | {
      readonly type: 'mlm-encoded';
      readonly sample?: number;
      /** How many tokens each gap has, where that was not known. */
      readonly lengths?: readonly number[];
      readonly ids: readonly number[];
      readonly positions: readonly number[];
    }
  /** One masked position has its token. */
  | ({
      readonly type: 'gap-filled';
      readonly sample: number;
      readonly position: number;
      /** Which gap (marker), and which of its tokens. */
      readonly gap: number;
      readonly index: number;
      readonly probability: number;
      readonly legalMass?: number;
      readonly alternatives?: readonly Alternative[];
    } & Token)
  /** A position that had its token is masked again (`p2` and `remdm-…`): it will get another one, or the same. */
  | {
      readonly type: 'gap-masked';
      readonly sample: number;
      readonly position: number;
      readonly gap: number;
      readonly index: number;
    }
  /**
   * Tokens of the next masked positions were drafted and are read with what comes next; the very same one must be chosen for each, or it is
   * dropped. How many are drafted follows what passes cost on the machine.
   */
  | { readonly type: 'drafted'; readonly sample: number; readonly tokens: readonly Draft[] }
  /** What was read for a choice, `fed` tokens, and how many positions it filled. */
  | {
      readonly type: 'step-end';
      readonly sample: number;
      readonly step: number;
      readonly fed: number;
      readonly filled: number;
    }
  /** One sample is complete. */
  | ({ readonly type: 'done' } & Infilled);
