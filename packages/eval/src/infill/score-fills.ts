// How near fills are to what stood in the gaps.
import { editSimilarity } from '../metrics/edit-similarity.js';
import { rougeL, rougeN } from '../metrics/rouge.js';

/** Sums over the gaps of a text. */
export interface FillScores {
  readonly gaps: number;
  readonly exact: number;
  readonly edit: number;
  readonly rouge1: number;
  readonly rouge2: number;
  readonly rougeL: number;
}

export const fillMeasures = ['exact', 'edit', 'rouge1', 'rouge2', 'rougeL'] as const;
export type FillMeasure = (typeof fillMeasures)[number];

export interface ComparedFills {
  readonly fills: readonly string[];
  readonly references: readonly string[];
  /** Whether only the first line of a fill says whether it is right, as in SantaCoder-FIM. */
  readonly firstLineOnly: boolean;
}

/** White space around fill and reference counts for nothing; ROUGE is F1. */
export function scoreFills({ fills, references, firstLineOnly }: ComparedFills): FillScores {
  const pairs = references.map((reference, i) => [reference.trim(), (fills[i] ?? '').trim()] as const);
  const sum = (of: (reference: string, fill: string) => number) =>
    pairs.reduce((total, [reference, fill]) => total + of(reference, fill), 0);
  const judged = firstLineOnly ? (text: string) => text.split('\n')[0]!.trim() : (text: string) => text;
  return {
    gaps: pairs.length,
    exact: sum((reference, fill) => (judged(reference) === judged(fill) ? 1 : 0)),
    edit: sum(editSimilarity),
    rouge1: sum((reference, fill) => rougeN(reference, fill, 1).f1),
    rouge2: sum((reference, fill) => rougeN(reference, fill, 2).f1),
    rougeL: sum((reference, fill) => rougeL(reference, fill).f1),
  };
}
