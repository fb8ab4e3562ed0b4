// How few tokens a text can have, told from its length alone: enough to refuse a book before it is split.
import type { JsonObject } from '../weights/json-file.js';
import { byteCharacters } from './byte-level.js';
import { type Step, stepsOf } from './forms.js';

/** No composed character is a smaller part of what it was composed of, in bytes. */
const mostComposed = 4;

/** How many times as short a step may make a text; undefined for one that may drop any of it. */
function shrinkingOf({ type, pattern, content, behavior }: Step): number | undefined {
  if (type === 'NFC') return mostComposed;
  if (type === 'Replace') {
    const replaced = (pattern as { String?: unknown } | undefined)?.String;
    return typeof replaced === 'string' && String(content).length >= replaced.length ? 1 : undefined;
  }
  if (type === 'Split') return behavior === 'Removed' ? undefined : 1;
  return ['Sequence', 'Prepend', 'ByteLevel', 'Metaspace', 'Digits', 'Punctuation'].includes(String(type))
    ? 1
    : undefined;
}

/** Valid UTF-8 has no other bytes. */
const bytesOfTexts = byteCharacters.filter((_, byte) => byte < 0xc0 || (byte > 0xc1 && byte < 0xf5));

/** Whether each byte of a text is in some token, so that nothing is left out or becomes part of one unknown token. */
function keepsAll({ type, vocab, byte_fallback }: JsonObject, isByteLevel: boolean): boolean {
  if (type !== 'BPE') return false;
  return isByteLevel
    ? bytesOfTexts.every((character) => Object.hasOwn(vocab as object, character))
    : byte_fallback === true;
}

/** @returns a function that gives a number no text has fewer tokens than, `enough` or a few more where it has many; 0 where nothing is known */
export function fewestTokensOf(
  tokenizer: JsonObject,
  isByteLevel: boolean,
  tokens: readonly (string | undefined)[],
): (text: string, enough?: number) => number {
  const steps = [...stepsOf(tokenizer.normalizer), ...stepsOf(tokenizer.pre_tokenizer)];
  const shrinking = steps.reduce<number | undefined>((product, step) => {
    const of = shrinkingOf(step);
    return product === undefined || of === undefined ? undefined : product * of;
  }, 1);
  if (shrinking === undefined || !keepsAll(tokenizer.model as JsonObject, isByteLevel)) return () => 0;
  // A token's string has at most as many bytes as UTF-16 units where each stands for a byte, else three times as many.
  const most =
    tokens.reduce((length, token) => Math.max(length, token?.length ?? 0), 1) * (isByteLevel ? 1 : 3);
  const longest = most * shrinking;
  // Added tokens may take the white space around them with them.
  return (text, enough = Number.POSITIVE_INFINITY) =>
    text.length < longest ? 0 : Math.ceil(solidLength(text, enough * longest) / longest);
}

const pieceLength = 2 ** 16;

/** Characters that are no white space; counting stops where there are as many as `enough`. */
function solidLength(text: string, enough: number): number {
  let length = 0;
  for (let start = 0; start < text.length && length < enough; start += pieceLength)
    length += text.slice(start, start + pieceLength).replace(/\s+/g, '').length;
  return length;
}
