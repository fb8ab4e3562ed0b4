// What is asked of the gaps of a text. It stays with its gap while the text around is edited.
import { type GapConstraint, type ParseGapsOptions, textsOfConstraint } from '@maria/core';
import { type WrittenGap, writtenGaps } from './gap-places.js';
import type { Asked } from './state.js';

/** Of each gap of the text as it is now. */
export function askedOf(asked: Asked, draft: string, reading: ParseGapsOptions): readonly GapConstraint[] {
  const gaps = writtenGaps(draft, reading);
  const origins = originsOf(asked.draft, draft, reading);
  return gaps.map((_, i) => asked.gaps[origins(i)] ?? asked.all ?? {});
}

/** Which gap of the text before each gap of the text after is: what is before the first change and behind the last one stays. */
function originsOf(before: string, after: string, reading: ParseGapsOptions): (index: number) => number {
  if (before === after) return (index) => index;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const old = writtenGaps(before, reading);
  const now = writtenGaps(after, reading);
  const count = (gaps: readonly WrittenGap[], fits: (gap: WrittenGap) => boolean) => gaps.filter(fits).length;
  const first = count(old, ({ end }) => end <= head);
  // What is at the front and at the back of both is counted once.
  const last = Math.min(
    Math.min(old.length, now.length) - first,
    count(old, ({ start }) => start >= before.length - tail),
    count(now, ({ start }) => start >= after.length - tail),
  );
  const isEdited = old.length === now.length;
  return (index) => {
    if (index < first || isEdited) return index;
    return index >= now.length - last ? index - now.length + old.length : -1;
  };
}

/** Whether anything is asked of what the tokens are. */
export function asksOfTokens({ bias: _, ...rest }: GapConstraint): boolean {
  return Object.values(rest).some((value) => value !== undefined);
}

/** `regex [0-9]+  case lower`. */
export function describeAsked(asked: GapConstraint): string {
  return Object.entries(textsOfConstraint(asked))
    .map(([name, text]) => `${name} ${text}`)
    .join('  ');
}
