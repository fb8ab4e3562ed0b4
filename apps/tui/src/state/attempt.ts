// Another length of a gap, or something else that is asked of it, as it is tried: the text is as it was until that can be filled.
import { type MariaError, markerOf, type ParseGapsOptions, UsageError, withMarkers } from '@maria/core';
import { askedOf } from './asked.js';
import { gapAtCursor, lengthsOf, placeOf, writtenGaps } from './gap-places.js';
import type { Attempt, InfillState } from './state.js';

/** The selected gap of the text, and which of its tokens is selected. */
export function selectedPlace(
  { run, draft, cursor, form }: Pick<InfillState, 'run' | 'draft' | 'cursor' | 'form'>,
  reading: ParseGapsOptions,
): { gap: number; place: number } {
  if (form !== undefined) return { gap: form.gap, place: 0 };
  if (run !== undefined) return placeOf(lengthsOf(run, reading), run.selected);
  return { gap: gapAtCursor(writtenGaps(draft, reading), cursor), place: 0 };
}

/** What follows the star of a marker. */
export function writtenLength(marker: string): string {
  return /\*([^\]]*)\]$/.exec(marker)?.[1] ?? '';
}

/**
 * The selected gap with another length; what was tried last, and is not filled yet, is gone on from.
 * @throws UsageError where there is none
 */
export function withLength(
  state: InfillState,
  change: 'lengthen-gap' | 'shorten-gap' | 'open-gap',
  reading: ParseGapsOptions,
): Attempt {
  const { draft, asked } = state.attempt ?? state;
  const { gap, place } = state.attempt ?? selectedPlace(state, reading);
  const gaps = writtenGaps(draft, reading);
  const one = gaps[gap];
  if (one === undefined) throw unable('the text has no gap.');
  const written = writtenLength(one.marker);
  const known = written === '' || /^\d+$/.test(written);
  // What was found, where nobody has written it.
  const found =
    state.attempt !== undefined || state.run === undefined ? undefined : lengthsOf(state.run, reading)[gap];
  const now = (state.attempt !== undefined && known ? one.tokens : found) ?? one.tokens;
  const steps = { 'lengthen-gap': now + 1, 'shorten-gap': now - 1, 'open-gap': known ? '?' : now };
  if (steps[change] === 0) throw unable('a gap has one token at least.');
  const length = String(steps[change]);
  // Gaps of one name have one length.
  const changes = (i: number) => i === gap || (one.name !== undefined && gaps[i]!.name === one.name);
  const text = withMarkers(
    draft,
    (other, i) => (changes(i) ? markerOf(other, length) : other.marker),
    reading,
  );
  return { draft: text, asked: { ...asked, draft: text, gaps: askedOf(asked, draft, reading) }, gap, place };
}

export function unable(fact: string): MariaError {
  return new UsageError('gap-unfit', `Cannot change the gap: ${fact}`);
}
