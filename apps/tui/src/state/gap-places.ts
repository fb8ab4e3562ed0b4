// Where the gaps of a text are: in the text as it is written, and among the positions of a run.
import { escapeGaps, type Gap, type ParseGapsOptions, parseGaps, type Vocabulary } from '@maria/core';
import type { InfillRun } from './state.js';

/** How gaps are read. */
export function readingOf(vocabulary: Pick<Vocabulary, 'maskToken'> | undefined): ParseGapsOptions {
  return vocabulary === undefined ? {} : { maskToken: vocabulary.maskToken };
}

export interface WrittenGap extends Gap {
  /** UTF-16 offsets of its marker. */
  readonly start: number;
  readonly end: number;
}

/** In order; none while the text has a marker that cannot be read. */
export function writtenGaps(text: string, reading: ParseGapsOptions): readonly WrittenGap[] {
  try {
    const { segments, gaps } = parseGaps(text, reading);
    let end = 0;
    return gaps.map((gap, i) => {
      const start = end + escapeGaps(segments[i]!, reading).length;
      end = start + gap.marker.length;
      return { ...gap, start, end };
    });
  } catch {
    return [];
  }
}

/** The gap that a cursor is at: the one that it stands in or before, the last one behind all of them. */
export function gapAtCursor(gaps: readonly WrittenGap[], cursor: number): number {
  const at = gaps.findIndex(({ end }) => end >= cursor);
  return at < 0 ? Math.max(0, gaps.length - 1) : at;
}

/** How many tokens each gap of the run has. */
export function lengthsOf({ draft }: Pick<InfillRun, 'draft'>, reading: ParseGapsOptions): readonly number[] {
  return writtenGaps(draft, reading).map(({ tokens }) => tokens);
}

/** The gap of a position, by its index among those of the run, and which of its tokens it is. */
export function placeOf(lengths: readonly number[], index: number): { gap: number; place: number } {
  let start = 0;
  for (const [gap, length] of lengths.entries()) {
    if (index < start + length) return { gap, place: index - start };
    start += length;
  }
  return { gap: 0, place: index };
}

/** Index of the gap's first position. */
export function startOf(lengths: readonly number[], gap: number): number {
  return lengths.slice(0, gap).reduce((total, length) => total + length, 0);
}

/** Where each position of a run is once its gaps have these lengths; those of tokens that a shorter gap has no more are left out. */
export function movedPositions(
  { positions }: Pick<InfillRun, 'positions'>,
  before: readonly number[],
  after: readonly number[],
): ReadonlyMap<number, number> {
  // A recording tells no text.
  if (startOf(before, before.length) !== positions.length || before.length !== after.length)
    return new Map(positions.map((position) => [position, position]));
  const moved = new Map<number, number>();
  let shift = 0;
  for (const [gap, length] of before.entries()) {
    const start = startOf(before, gap);
    for (const position of positions.slice(start, start + Math.min(length, after[gap]!)))
      moved.set(position, position + shift);
    shift += after[gap]! - length;
  }
  return moved;
}
