// The merges of a BPE tokenizer, in the order in which they are tried. Two models that share tokens and not merges split a text differently.
import { DataError } from '@maria/core';
import type { JsonObject } from '../weights/json-file.js';

export type Merge = readonly [left: string, right: string];

/** Undefined for models that do not merge. Files write a merge as two strings, or as one with a space between them. */
export function mergesOf({ model }: JsonObject): readonly Merge[] | undefined {
  const { merges } = model as JsonObject;
  if (!Array.isArray(merges)) return undefined;
  return (merges as unknown[]).map((merge) => {
    const [left = '', right = ''] = Array.isArray(merge) ? merge.map(String) : String(merge).split(' ');
    return [left, right];
  });
}

interface Merging {
  readonly tokens: readonly (string | undefined)[];
  readonly merges?: () => readonly Merge[] | undefined;
}

/** @throws DataError `vocabulary-mismatch` with the first merge that differs, and the ids of the tokens that it makes */
export function matchMerges(ar: Merging, mlm: Merging): void {
  const [arMerges, mlmMerges] = [ar.merges?.(), mlm.merges?.()];
  if (!arMerges || !mlmMerges) return;
  for (let i = 0; i < Math.max(arMerges.length, mlmMerges.length); i++) {
    const [a, b] = [arMerges[i], mlmMerges[i]];
    if (a && b && a[0] === b[0] && a[1] === b[1]) continue;
    throw new DataError(
      'vocabulary-mismatch',
      `Cannot pair the models: their tokens are the same, and merge ${i + 1} makes ${made(mlm, b)} in the MLM's tokenizer and ${made(ar, a)} in the AR model's, so that a text becomes other tokens.`,
      { try: 'Pair models that share a tokenizer, such as OLMo and ModernBERT.' },
    );
  }
}

function made({ tokens }: Merging, merge: Merge | undefined): string {
  if (!merge) return 'nothing';
  const [left, right] = merge;
  return `token ${tokens.indexOf(left + right)} of ${JSON.stringify(left)} and ${JSON.stringify(right)}`;
}
