// What a page that plays a recording holds.
import type { Frame, FrameCell } from '@maria/tui';

export interface Playback {
  /** What was recorded, as its file is called. */
  readonly name: string;
  readonly kind: 'infill' | 'anneal';
  /** Milliseconds of a frame. */
  readonly pace: number;
  readonly frames: readonly Frame[];
}

/** The cells of each frame. */
export function cellsOf(frames: readonly Frame[]): readonly (readonly FrameCell[])[] {
  let cells: readonly FrameCell[] = [];
  return frames.map(({ length, changes }) => {
    const next = cells.slice(0, length);
    for (const [index, cell] of changes) next[index] = cell;
    cells = next;
    return cells;
  });
}
