// The merges of a BPE tokenizer, in the order in which they are tried. Two models that share tokens and not merges split a text differently.
import { DataError } from '@maria/core';
import type { JsonObject } from '../weights/json-file.js';
import { badTokenizer } from './tokenizer-json.js';

/** As files write it: two strings, or one with a space between them. A vocabulary has up to half a million, so they are split when needed. */
export type Merge = string | readonly string[];

/** Undefined for models that do not merge. @throws DataError `bad-tokenizer` */
export function mergesOf({ model }: JsonObject): readonly Merge[] | undefined {
  const { merges } = model as JsonObject;
  if (!Array.isArray(merges)) return undefined;
  const bad = merges.findIndex((merge) => typeof merge !== 'string' && !isListOfStrings(merge));
  if (bad >= 0) throw badTokenizer(`its merge ${bad + 1} is no pair of tokens`);
  return merges as Merge[];
}

const isListOfStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((part) => typeof part === 'string');

export function halvesOf(merge: Merge): readonly [left: string, right: string] {
  const [left = '', right = ''] = typeof merge === 'string' ? merge.split(' ') : merge;
  return [left, right];
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
    if (a !== undefined && b !== undefined && isSame(a, b)) continue;
    throw new DataError(
      'vocabulary-mismatch',
      `Cannot pair the models: their tokens are the same, and merge ${i + 1} makes ${made(mlm, b)} in the MLM's tokenizer and ${made(ar, a)} in the AR model's, so that a text becomes other tokens.`,
      { try: 'Pair models that share a tokenizer, such as OLMo and ModernBERT.' },
    );
  }
}

function isSame(a: Merge, b: Merge): boolean {
  if (a === b) return true;
  const [[aLeft, aRight], [bLeft, bRight]] = [halvesOf(a), halvesOf(b)];
  return aLeft === bLeft && aRight === bRight;
}

function made({ tokens }: Merging, merge: Merge | undefined): string {
  if (merge === undefined) return 'nothing';
  const [left, right] = halvesOf(merge);
  return `token ${tokens.indexOf(left + right)} of ${JSON.stringify(left)} and ${JSON.stringify(right)}`;
}
