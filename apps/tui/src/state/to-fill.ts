// What is filled next: the text, the tokens of it that stay, and what is asked of its gaps.
import { type GapConstraint, type ParseGapsOptions, withMarkers } from '@maria/core';
import { askedOf } from './asked.js';
import { lengthsOf, movedPositions, writtenGaps } from './gap-places.js';
import type { InfillRun, InfillState } from './state.js';

export interface ToFill {
  readonly text: string;
  /** Tokens that stay, by their positions in the sequence of the text. */
  readonly kept: ReadonlyMap<number, number>;
  readonly asked: readonly GapConstraint[];
}

export function toFill(state: InfillState, reading: ParseGapsOptions): ToFill {
  const { run } = state;
  const { draft, asked } = state.attempt ?? state;
  const constraints = askedOf(asked, draft, reading);
  const stays = keptTokens(run);
  if (run === undefined || stays.size === 0) return { text: draft, kept: new Map(), asked: constraints };
  // Tokens are kept where they are: gaps are as long as they were, but for one that is tried with another length.
  const before = writtenGaps(state.draft, reading);
  const found = writtenGaps(run.draft, reading);
  const text =
    found.length === before.length
      ? withMarkers(
          draft,
          ({ marker }, i) => (marker === before[i]?.marker ? found[i]!.marker : marker),
          reading,
        )
      : run.draft;
  const moved = movedPositions(run, lengthsOf(run, reading), lengthsOf({ draft: text }, reading));
  const kept = [...stays].flatMap(([position, id]): [number, number][] => {
    const now = moved.get(position);
    return now === undefined ? [] : [[now, id]];
  });
  return { text, kept: new Map(kept), asked: constraints };
}

/** Positions and tokens of a run that the next one keeps. */
export function keptTokens(run: InfillRun | undefined): ReadonlyMap<number, number> {
  if (run === undefined) return new Map();
  const { ids, confidence, pinned, onwardFrom = -1 } = run;
  const stays = (position: number) => position <= onwardFrom || pinned.has(position);
  const kept = run.positions.filter((position) => confidence.has(position) && stays(position));
  return new Map(kept.map((position) => [position, ids[position]!]));
}
