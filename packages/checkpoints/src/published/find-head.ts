// The fused head among the tensors that are no backbone's: one matrix over both hidden states, or one for each.
import type { WeightSource } from '@maria/core';

export interface HeadHalfPlace {
  /** Full name of the matrix. */
  readonly weight: string;
  readonly bias?: string;
}

export type HeadCandidate =
  /** One matrix [rows, dAR + dMLM]; which half comes first is not seen from its shape. */
  | { readonly kind: 'joint'; readonly rows: number; readonly place: HeadHalfPlace }
  /** Two matrices [rows, dAR] and [rows, dMLM]. `decidedBy` says how they were told apart. */
  | {
      readonly kind: 'split';
      readonly rows: number;
      readonly ar: HeadHalfPlace;
      readonly mlm: HeadHalfPlace;
      readonly decidedBy: 'shape' | 'names' | 'order';
    };

export interface Widths {
  readonly ar: number;
  readonly mlm: number;
}

/** All readings of the unclaimed tensors as a head. A joint matrix rules out split ones. */
export function findHeads(
  source: WeightSource,
  unclaimed: readonly string[],
  widths: Widths,
): HeadCandidate[] {
  const shapeOf = (name: string) => source.get(name)!.shape;
  const matrices = (columns: number) =>
    unclaimed.filter((name) => shapeOf(name).length === 2 && shapeOf(name)[1] === columns);
  const place = (weight: string): HeadHalfPlace => {
    const bias = biasBeside(weight, unclaimed, shapeOf);
    return { weight, ...(bias !== undefined && { bias }) };
  };
  const joint = matrices(widths.ar + widths.mlm).map(
    (name): HeadCandidate => ({ kind: 'joint', rows: shapeOf(name)[0]!, place: place(name) }),
  );
  if (joint.length > 0) return joint;

  const candidates: HeadCandidate[] = [];
  for (const a of matrices(widths.ar)) {
    for (const b of matrices(widths.mlm)) {
      const rows = shapeOf(a)[0]!;
      if (a === b || rows !== shapeOf(b)[0]) continue;
      if (widths.ar !== widths.mlm) {
        candidates.push({ kind: 'split', rows, ar: place(a), mlm: place(b), decidedBy: 'shape' });
        continue;
      }
      // Of equal widths each pair comes up twice: that whose names say so counts, else that in the file's order.
      const named = roleOf(a) === 'ar' || roleOf(b) === 'mlm';
      const contrary = roleOf(a) === 'mlm' || roleOf(b) === 'ar';
      if (contrary || (!named && unclaimed.indexOf(a) > unclaimed.indexOf(b))) continue;
      candidates.push({
        kind: 'split',
        rows,
        ar: place(a),
        mlm: place(b),
        decidedBy: named ? 'names' : 'order',
      });
    }
  }
  return candidates;
}

/** The vector of the matrix's height that is named like it (`head.weight` and `head.bias`). */
function biasBeside(
  weight: string,
  unclaimed: readonly string[],
  shapeOf: (name: string) => readonly number[],
): string | undefined {
  const rows = shapeOf(weight)[0];
  const names = [weight.replace(/weight$/, 'bias'), `${weight}_bias`, `${weight}.bias`];
  return names.find(
    (name) =>
      name !== weight && unclaimed.includes(name) && shapeOf(name).length === 1 && shapeOf(name)[0] === rows,
  );
}

/** Which model a name speaks of, by its words. */
export function roleOf(name: string): 'ar' | 'mlm' | undefined {
  const words = name.toLowerCase().split(/[^a-z]+/);
  const speaksOf = (terms: readonly string[]) => words.some((word) => terms.includes(word));
  const ar = speaksOf(['ar', 'autoregressive', 'causal', 'causallm', 'clm']);
  const mlm = speaksOf(['mlm', 'masked', 'maskedlm', 'bidirectional']);
  if (ar === mlm) return undefined;
  return ar ? 'ar' : 'mlm';
}
