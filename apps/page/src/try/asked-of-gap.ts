// What a person asks of a gap on the page, and the fields of a record that say so.

import type { ParsedGaps } from '@maria/core/gaps';
import { AskError } from './ask.js';

export const kinds = {
  anything: { label: 'anything', hint: undefined },
  choices: { label: 'one of', hint: 'texts, with commas between them' },
  regex: { label: 'matches', hint: 'a regular expression' },
  words: { label: 'words', hint: 'a number, such as 2 or 1-3' },
  characters: { label: 'characters', hint: 'a number, such as 5 or 5-9' },
  schema: { label: 'JSON', hint: 'a JSON Schema' },
} as const;

export interface AskedOfGap {
  readonly min: string;
  readonly max: string;
  readonly kind: keyof typeof kinds;
  readonly value: string;
  readonly letters: '' | 'lower' | 'upper' | 'title';
  readonly ban: string;
}

export const nothingAsked: AskedOfGap = {
  min: '',
  max: '',
  kind: 'anything',
  value: '',
  letters: '',
  ban: '',
};

/** As `gaps` of a record has it. @throws AskError for a schema that is not JSON */
export function fieldsOf(
  { min, max, kind, value, letters, ban }: AskedOfGap,
  number: number,
): Record<string, unknown> {
  return {
    ...(min !== '' && { min: Number(min) }),
    ...(max !== '' && { max: Number(max) }),
    ...(kind !== 'anything' && value !== '' && { [kind]: readValue(kind, value, number) }),
    ...(letters !== '' && { case: letters }),
    ...(ban !== '' && { ban: listOf(ban) }),
  };
}

/** What was asked of a text's gaps, after an edit: those before and behind what was changed keep theirs. */
export function askedAfter(
  asked: readonly AskedOfGap[],
  { segments, gaps }: ParsedGaps,
  edited: ParsedGaps,
): readonly AskedOfGap[] {
  const [count, now] = [gaps.length, edited.gaps.length];
  const least = Math.min(count, now);
  const isSame = (gap: number, of: number, segment: number, by: number) =>
    segments[segment] === edited.segments[segment + by] && gaps[gap]!.marker === edited.gaps[of]!.marker;
  let before = 0;
  while (before < least && isSame(before, before, before, 0)) before++;
  let behind = 0;
  while (before + behind < least && isSame(count - behind - 1, now - behind - 1, count - behind, now - count))
    behind++;
  return edited.gaps.map((_, i) => {
    const from = i >= now - behind ? i - now + count : i < before || now === count ? i : -1;
    return asked[from] ?? nothingAsked;
  });
}

function readValue(kind: AskedOfGap['kind'], value: string, number: number): unknown {
  if (kind === 'choices') return listOf(value);
  if (kind !== 'schema') return value;
  try {
    return JSON.parse(value);
  } catch {
    const message = `Cannot read what gap ${number} must be: its JSON Schema is no JSON.`;
    throw new AskError(message, 'Write one such as {"type": "integer"}.');
  }
}

function listOf(value: string): string[] {
  return value
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
